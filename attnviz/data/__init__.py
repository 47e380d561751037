"""Interaction logs: reading, checking, splitting, and what was known before."""

from .airbnb import read_airbnb as read_airbnb
from .amazon import read_amazon as read_amazon
from .checks import find_problems as find_problems
from .log import Field as Field
from .log import InteractionLog as InteractionLog
from .past import history as history
from .past import popularity as popularity
from .past import visible_reviews as visible_reviews
from .planted import PlantedShop as PlantedShop
from .planted import planted_shop as planted_shop
from .problems import DataProblems as DataProblems
from .table import read_table as read_table
