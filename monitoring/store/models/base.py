"""What every table shares: one metadata, and the kinds of its columns.

Times are Unix seconds (double precision), so both databases compare and subtract them alike.
"""

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

Time = sa.Double
Count = sa.BigInteger
