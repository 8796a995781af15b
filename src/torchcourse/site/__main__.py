"""``python -m torchcourse.site build``."""

import sys

from torchcourse.site.build import main

sys.exit(main())
