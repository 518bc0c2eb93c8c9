"""What a third party needs to check our evidence, with nothing but Python's standard library.

A copy of this folder lies in every bag as `verify/`, so no module here may import anything of
Earshot's or of a third party, and modules name one another relatively. The formats are in
docs/integrity.md.
"""

import sys

if sys.version_info < (3, 10):  # noqa: UP036  # whoever has a bag may have any Python
    sys.exit("verify: this needs Python 3.10 or newer: https://www.python.org/downloads/")
