"""The string(n) of OCPI 2.1.1: printable ASCII (T81). What has a meaning of its own stands in ``values``."""

from typing import Annotated

from msgspec import Meta

from ..values import ASCII, LATITUDE_6, LINK_ASCII, LONGITUDE_6

S4 = Annotated[str, Meta(max_length=4, pattern=ASCII)]
S10 = Annotated[str, Meta(max_length=10, pattern=ASCII)]
S16 = Annotated[str, Meta(max_length=16, pattern=ASCII)]
S36 = Annotated[str, Meta(max_length=36, pattern=ASCII)]
S45 = Annotated[str, Meta(max_length=45, pattern=ASCII)]
S48 = Annotated[str, Meta(max_length=48, pattern=ASCII)]
S64 = Annotated[str, Meta(max_length=64, pattern=ASCII)]
S100 = Annotated[str, Meta(max_length=100, pattern=ASCII)]
S255 = Annotated[str, Meta(max_length=255, pattern=ASCII)]
S512 = Annotated[str, Meta(max_length=512, pattern=ASCII)]

# The text has 39 for the ids of locations and EVSEs. Every later version has 36, and so have sessions and CDRs of ours
# that name them: a longer one is refused rather than cut.
PlaceId = Annotated[str, Meta(min_length=1, max_length=36, pattern=ASCII)]

Link = Annotated[str, Meta(max_length=255, pattern=LINK_ASCII)]
Latitude = Annotated[str, Meta(max_length=10, pattern=LATITUDE_6)]
Longitude = Annotated[str, Meta(max_length=11, pattern=LONGITUDE_6)]
