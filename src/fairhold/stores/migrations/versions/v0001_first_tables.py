"""The first tables: log, states, balances, timers, read models, record.

The primary key of everything that lanes write begins with ``part``. The log and the states have no
other index: appends are nearly free, random index pages are the cost. In PostgreSQL texts compare
by bytes (``COLLATE "C"``), as they do in SQLite, so that a page ends in the same place everywhere.
"""

from alembic import op

revision = "0001"
down_revision = None

SQLITE = (
    """
    CREATE TABLE meta (
        name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE log (
        part INTEGER NOT NULL, seq INTEGER NOT NULL, stream INTEGER NOT NULL,
        version INTEGER NOT NULL, prev INTEGER NOT NULL, type TEXT NOT NULL, at INTEGER NOT NULL,
        data BLOB NOT NULL, lines BLOB NOT NULL,
        PRIMARY KEY (part, seq)
    ) STRICT, WITHOUT ROWID
    """,
    # States grow past what a page of an index tree holds, so this table keeps its row ids.
    """
    CREATE TABLE state (
        part INTEGER NOT NULL, id INTEGER NOT NULL, version INTEGER NOT NULL,
        head INTEGER NOT NULL, data BLOB NOT NULL,
        PRIMARY KEY (part, id)
    ) STRICT
    """,
    """
    CREATE TABLE balance (
        part INTEGER NOT NULL, account TEXT NOT NULL, holder INTEGER NOT NULL,
        currency TEXT NOT NULL, minor INTEGER NOT NULL,
        PRIMARY KEY (part, account, holder, currency)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE timer (
        part INTEGER NOT NULL, due INTEGER NOT NULL, id INTEGER NOT NULL, version INTEGER NOT NULL,
        PRIMARY KEY (part, due, id, version)
    ) STRICT, WITHOUT ROWID
    """,
    # Keys are hashes: rows are appended, so that only the slim entry of the key lands at random.
    """
    CREATE TABLE receipt (
        part INTEGER NOT NULL, key BLOB NOT NULL, body BLOB NOT NULL, outcome BLOB NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (part, key)
    ) STRICT
    """,
    """
    CREATE TABLE cursor (
        consumer TEXT NOT NULL, part INTEGER NOT NULL, seq INTEGER NOT NULL,
        PRIMARY KEY (consumer, part)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE retry (
        consumer TEXT NOT NULL, part INTEGER NOT NULL, seq INTEGER NOT NULL,
        stream INTEGER NOT NULL, tries INTEGER NOT NULL, due INTEGER NOT NULL,
        dead INTEGER NOT NULL, error TEXT NOT NULL,
        PRIMARY KEY (consumer, part, seq)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX retry_stream ON retry (consumer, part, stream)",
    """
    CREATE TABLE lease (
        name TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE document (
        view TEXT NOT NULL, id TEXT NOT NULL, data BLOB NOT NULL, entries BLOB NOT NULL,
        PRIMARY KEY (view, id)
    ) STRICT
    """,
    """
    CREATE TABLE document_index (
        view TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, sort INTEGER NOT NULL,
        id TEXT NOT NULL,
        PRIMARY KEY (view, name, value, sort, id)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE body (
        part INTEGER NOT NULL, id INTEGER NOT NULL, subject TEXT NOT NULL, kind TEXT NOT NULL,
        data BLOB NOT NULL,
        PRIMARY KEY (part, id)
    ) STRICT
    """,
    """
    CREATE TABLE subject_key (
        part INTEGER NOT NULL, subject TEXT NOT NULL, wrapped BLOB NOT NULL,
        PRIMARY KEY (part, subject)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE shelf (
        space TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, expires INTEGER,
        PRIMARY KEY (space, key)
    ) STRICT
    """,
    "CREATE INDEX shelf_expires ON shelf (expires) WHERE expires IS NOT NULL",
    """
    CREATE TABLE counter (
        space TEXT NOT NULL, key TEXT NOT NULL, hits INTEGER NOT NULL, ends INTEGER NOT NULL,
        PRIMARY KEY (space, key)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX counter_ends ON counter (ends)",
    """
    CREATE TABLE tile (
        level INTEGER NOT NULL, place INTEGER NOT NULL, data BLOB NOT NULL,
        PRIMARY KEY (level, place)
    ) STRICT
    """,
    """
    CREATE TABLE leaf_range (
        first_index INTEGER NOT NULL PRIMARY KEY, part INTEGER NOT NULL,
        first_seq INTEGER NOT NULL, count INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE UNIQUE INDEX leaf_range_seq ON leaf_range (part, first_seq)",
    """
    CREATE TABLE checkpoint (
        size INTEGER NOT NULL PRIMARY KEY, at INTEGER NOT NULL, note BLOB NOT NULL
    ) STRICT
    """,
)

POSTGRESQL = (
    """
    CREATE TABLE meta (
        name text COLLATE "C" PRIMARY KEY, value text NOT NULL
    )
    """,
    """
    CREATE TABLE log (
        part smallint NOT NULL, seq bigint NOT NULL, stream bigint NOT NULL,
        version bigint NOT NULL, prev bigint NOT NULL, type text NOT NULL, at bigint NOT NULL,
        data bytea NOT NULL, lines bytea NOT NULL,
        PRIMARY KEY (part, seq)
    )
    """,
    # Hashed bytes are kept as they are: no time goes into compressing them.
    "ALTER TABLE log ALTER COLUMN data SET STORAGE EXTERNAL",
    "ALTER TABLE log ALTER COLUMN lines SET STORAGE EXTERNAL",
    # Room in each page lets an update stay there and leave the index alone.
    """
    CREATE TABLE state (
        part smallint NOT NULL, id bigint NOT NULL, version bigint NOT NULL, head bigint NOT NULL,
        data bytea NOT NULL,
        PRIMARY KEY (part, id)
    ) WITH (fillfactor = 70)
    """,
    "ALTER TABLE state ALTER COLUMN data SET STORAGE MAIN",
    """
    CREATE TABLE balance (
        part smallint NOT NULL, account text COLLATE "C" NOT NULL, holder bigint NOT NULL,
        currency text COLLATE "C" NOT NULL, minor bigint NOT NULL,
        PRIMARY KEY (part, account, holder, currency)
    ) WITH (fillfactor = 50)
    """,
    """
    CREATE TABLE timer (
        part smallint NOT NULL, due bigint NOT NULL, id bigint NOT NULL, version bigint NOT NULL,
        PRIMARY KEY (part, due, id, version)
    )
    """,
    """
    CREATE TABLE receipt (
        part smallint NOT NULL, key bytea NOT NULL, body bytea NOT NULL, outcome bytea NOT NULL,
        at bigint NOT NULL,
        PRIMARY KEY (part, key)
    )
    """,
    "CREATE INDEX receipt_at ON receipt USING brin (at) WITH (autosummarize = on)",
    """
    CREATE TABLE cursor (
        consumer text COLLATE "C" NOT NULL, part smallint NOT NULL, seq bigint NOT NULL,
        PRIMARY KEY (consumer, part)
    ) WITH (fillfactor = 50)
    """,
    """
    CREATE TABLE retry (
        consumer text COLLATE "C" NOT NULL, part smallint NOT NULL, seq bigint NOT NULL,
        stream bigint NOT NULL, tries integer NOT NULL, due bigint NOT NULL,
        dead smallint NOT NULL, error text NOT NULL,
        PRIMARY KEY (consumer, part, seq)
    )
    """,
    "CREATE INDEX retry_stream ON retry (consumer, part, stream)",
    """
    CREATE TABLE lease (
        name text COLLATE "C" PRIMARY KEY, owner text NOT NULL, until bigint NOT NULL
    ) WITH (fillfactor = 50)
    """,
    """
    CREATE TABLE document (
        view text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL, data bytea NOT NULL,
        entries bytea NOT NULL,
        PRIMARY KEY (view, id)
    ) WITH (fillfactor = 70)
    """,
    """
    CREATE TABLE document_index (
        view text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL,
        value text COLLATE "C" NOT NULL, sort bigint NOT NULL, id text COLLATE "C" NOT NULL,
        PRIMARY KEY (view, name, value, sort, id)
    )
    """,
    """
    CREATE TABLE body (
        part smallint NOT NULL, id bigint NOT NULL, subject text NOT NULL, kind text NOT NULL,
        data bytea NOT NULL,
        PRIMARY KEY (part, id)
    )
    """,
    # Ciphertext does not compress.
    "ALTER TABLE body ALTER COLUMN data SET STORAGE EXTERNAL",
    """
    CREATE TABLE subject_key (
        part smallint NOT NULL, subject text COLLATE "C" NOT NULL, wrapped bytea NOT NULL,
        PRIMARY KEY (part, subject)
    )
    """,
    """
    CREATE TABLE shelf (
        space text COLLATE "C" NOT NULL, key text COLLATE "C" NOT NULL, value bytea NOT NULL,
        expires bigint,
        PRIMARY KEY (space, key)
    ) WITH (fillfactor = 70)
    """,
    "CREATE INDEX shelf_expires ON shelf (expires) WHERE expires IS NOT NULL",
    """
    CREATE TABLE counter (
        space text COLLATE "C" NOT NULL, key text COLLATE "C" NOT NULL, hits bigint NOT NULL,
        ends bigint NOT NULL,
        PRIMARY KEY (space, key)
    ) WITH (fillfactor = 50)
    """,
    "CREATE INDEX counter_ends ON counter (ends)",
    """
    CREATE TABLE tile (
        level smallint NOT NULL, place bigint NOT NULL, data bytea NOT NULL,
        PRIMARY KEY (level, place)
    )
    """,
    "ALTER TABLE tile ALTER COLUMN data SET STORAGE EXTERNAL",
    """
    CREATE TABLE leaf_range (
        first_index bigint PRIMARY KEY, part smallint NOT NULL, first_seq bigint NOT NULL,
        count bigint NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX leaf_range_seq ON leaf_range (part, first_seq)",
    """
    CREATE TABLE checkpoint (
        size bigint PRIMARY KEY, at bigint NOT NULL, note bytea NOT NULL
    )
    """,
)


def upgrade() -> None:
    """Create every table."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE if sqlite else POSTGRESQL:
        op.execute(statement)
