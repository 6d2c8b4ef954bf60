from monitoring import correlation as correlation
from monitoring import errors as errors
from monitoring import metrics as metrics
from monitoring import performance as performance
from monitoring.extension import Monitoring as Monitoring
from monitoring.logs import log as log

__version__: str
