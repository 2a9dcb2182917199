"""The words every other folder speaks: money, instants, who acts, wishes, facts and refusals.

Standard library and msgspec only; nothing here knows a deal, a store or a page.
"""
