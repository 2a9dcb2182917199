"""What Alembic runs to migrate: the connection comes from the caller, there is no ini file."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    transactional_ddl=True,
    transaction_per_migration=False,
)
context.run_migrations()
