"""Accounts and API keys: signing up as a program, who I am, and the keys I have."""

from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from fairhold.engine.desk import people
from fairhold.engine.desk.asked import EMAIL_MAX, HANDLE_MAX
from fairhold.engine.kinds import ACCOUNT
from fairhold.kernel.ids import public_id
from fairhold.kernel.instant import rfc3339
from fairhold.kernel.wish import Refusal
from fairhold.web.api import shapes
from fairhold.web.api.once import RUNNING, inner, narrowed, once
from fairhold.web.api.operation import Access, Answer, Call, Operation
from fairhold.web.api.shapes import ListOf, NoControls, Time, cut, time_of
from fairhold.web.problems import Fault, Refused, words_of
from fairhold.web.security.api_keys import NAME_MAX, ORDINARY_SCOPES, ApiKey, Issued
from fairhold.web.security.identity import is_confirmed
from fairhold.web.security.passwords import LENGTH_MAX, LENGTH_MIN
from fairhold.web.security.registration import HANDLE_MIN, Registration, faults_of

Scope = Literal[
    "listings:read",
    "listings:write",
    "deals:read",
    "deals:write",
    "messages:write",
    "wallet:write",
    "webhooks:write",
    "keys:write",
    "sandbox:write",
    "operator",
]
KEY_ID = Meta(pattern="^key_[0-9a-f]{16}$", examples=["key_0123456789abcdef"])


class NewAccount(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person gives us to have an account."""

    email: Annotated[
        str,
        Meta(
            min_length=3,
            max_length=EMAIL_MAX,
            pattern=r"^[A-Za-z0-9._%+-]+@([A-Za-z0-9-]+\.)+[A-Za-z][A-Za-z0-9-]*$",
        ),
    ]
    handle: Annotated[
        str, Meta(min_length=HANDLE_MIN, max_length=HANDLE_MAX, description="The public name.")
    ]
    password: Annotated[str, Meta(min_length=LENGTH_MIN, max_length=LENGTH_MAX)]
    language: Literal["en", "zh"] = "en"


class ApiKeyShown(Struct, frozen=True, kw_only=True):
    """A key of an account. ``secret`` is there once, in the answer that makes the key."""

    id: Annotated[str, KEY_ID]
    name: str
    scopes: Sequence[str]
    hint: str
    created_at: Time
    livemode: bool
    used_at: Time | None = None
    secret: str | None = None
    object: Literal["api_key"] = "api_key"


class Account(Struct, frozen=True, kw_only=True):
    """An account, as its owner sees it."""

    id: Annotated[str, shapes.id_of(shapes.ACCOUNT)]
    handle: str
    email: str
    language: str
    standing: str
    operator: bool
    created_at: Time
    livemode: bool
    scopes: Sequence[str] = ()
    api_key: ApiKeyShown | None = None
    object: Literal["account"] = "account"


class NewKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key to be made. Without ``scopes`` it may do all that an ordinary key may."""

    name: Annotated[str, Meta(max_length=NAME_MAX), NoControls] = "API"
    scopes: Annotated[Sequence[Scope], Meta(min_length=1, max_length=20)] = ()


def _sign_up(call: Call) -> Answer | Refusal:
    # Nobody's idempotency keys are one another's: the address says whose a key is.
    asked: NewAccount = call.body
    address = call.desk.vault.fingerprint_of_address(asked.email.strip())
    assert call.key is not None, "the operation is keyed"
    own = replace(call, key=narrowed(call.key, address))
    return once(own, lambda: _open_account(own))


def _open_account(call: Call) -> Answer | Refusal:
    asked: NewAccount = call.body
    registration = Registration(
        email=asked.email, handle=asked.handle, password=asked.password, language=asked.language
    ).tidy()
    faults = faults_of(registration)
    if faults:
        raise Refused(faults[0][1], errors=[_fault(call, *each) for each in faults])
    keeper = call.services.keeper
    outcome = keeper.sign_up(registration, inner(call.key) if call.key is not None else None)
    if isinstance(outcome, Refusal):
        return outcome
    if outcome.repeated:
        if call.desk.engine.now() - outcome.at > RUNNING:
            return Refusal("account.email_taken")
        # The first request died between the account and its password.
        keeper.credentials.put(outcome.stream, keeper.credentials.hash(asked.password))
    issued = keeper.api_keys.issue(outcome.stream, "API", ORDINARY_SCOPES)
    if isinstance(issued, Refusal):
        return issued
    account = _account(call, outcome.stream, _shown(call, issued.key, issued.secret))
    return Answer(body=account, status=201, private=True)


def _fault(call: Call, field: str, refusal: Refusal) -> Fault:
    title, _ = words_of(refusal, call.language)
    return Fault(f"/{field}", refusal.code, title)


def _me(call: Call) -> Answer | Refusal:
    assert call.who is not None
    return Answer(body=_account(call, call.who.account), private=True)


def _account(call: Call, number: int, key: ApiKeyShown | None = None) -> Account:
    state = call.desk.engine.state(ACCOUNT, number)
    assert state is not None, "who is signed in has an account"
    profile = people.profile_of(call.desk, number)
    return Account(
        id=public_id(shapes.ACCOUNT, number),
        handle=profile.handle if profile else people.NAMELESS,
        email=profile.email if profile else "",
        language=profile.language if profile else "en",
        standing=state.standing.value,
        operator=state.operator,
        created_at=rfc3339(state.opened_at),
        livemode=call.livemode,
        scopes=sorted(call.who.scopes) if call.who is not None else (),
        api_key=key,
    )


def _close(call: Call) -> Answer | Refusal:
    assert call.who is not None
    refusal = _why_unconfirmed(call)
    if refusal is not None:
        return refusal
    missing = ORDINARY_SCOPES - call.who.scopes
    if call.who.key is not None and missing:
        # Leaving for good is no part of a program's narrow task.
        return Refusal("request.scope_missing", {"scope": min(missing)})
    outcome = people.close(call.desk, call.actor, call.key)
    if isinstance(outcome, Refusal):
        return outcome
    call.services.keeper.forget(call.who.account)
    return Answer(body=_account(call, call.who.account), private=True)


# -- keys -----------------------------------------------------------------------------------------


def _why_unconfirmed(call: Call) -> Refusal | None:
    """A browser left open is not enough for what lasts: its person types the password again."""
    assert call.who is not None
    if is_confirmed(call.who, call.services.wall.now()):
        return None
    return Refusal("account.password_needed")


def _make_key(call: Call) -> Answer | Refusal:
    asked: NewKey = call.body
    assert call.who is not None
    scopes = frozenset(asked.scopes) or (call.who.scopes & ORDINARY_SCOPES)
    beyond = scopes - call.who.scopes
    if beyond:
        # A key never makes one that may do more than itself, nor reads what such a one was told.
        return Refusal("request.scope_missing", {"scope": min(beyond)})
    return _why_unconfirmed(call) or once(call, lambda: _issue(call, scopes))


def _issue(call: Call, scopes: frozenset[str]) -> Answer | Refusal:
    asked: NewKey = call.body
    assert call.who is not None
    issued: Issued | Refusal = call.services.keeper.api_keys.issue(
        call.who.account, asked.name, scopes
    )
    if isinstance(issued, Refusal):
        return issued
    return Answer(body=_shown(call, issued.key, issued.secret), private=True)


def _keys(call: Call) -> Answer | Refusal:
    assert call.who is not None
    keys = call.services.keeper.api_keys.of(call.who.account)
    page = cut(call, [_shown(call, key) for key in keys], lambda key: key.id)
    return page if isinstance(page, Refusal) else Answer(body=page, private=True)


def _revoke(call: Call) -> Answer | Refusal:
    assert call.who is not None
    gone = call.services.keeper.api_keys.revoke(call.who.account, call.path["api_key"])
    return Answer(status=204) if gone else Refusal("api_key.unknown")


def _shown(call: Call, key: ApiKey, secret: str | None = None) -> ApiKeyShown:
    return ApiKeyShown(
        id=key.id,
        name=key.name,
        scopes=sorted(key.scopes),
        hint=key.hint,
        created_at=rfc3339(key.made_at),
        used_at=time_of(key.used_at),
        livemode=call.livemode,
        secret=secret,
    )


OPERATIONS = (
    Operation(
        id="createAccount",
        method="POST",
        path="/v1/accounts",
        tag="Accounts",
        summary="Sign up, and get a first API key",
        call=_sign_up,
        body=NewAccount,
        answers=Account,
        status=201,
        access=Access.PUBLIC,
        keyed=True,
        refusals=("account.email_taken", "account.handle_reserved", "password.too_easy"),
        example={
            "email": "wang@example.com",
            "handle": "wang",
            "password": "a long and winding road",
            "language": "zh",
        },
    ),
    Operation(
        id="getMe",
        method="GET",
        path="/v1/me",
        tag="Accounts",
        summary="Who I am, and what this key may do",
        call=_me,
        answers=Account,
    ),
    Operation(
        id="closeAccount",
        method="POST",
        path="/v1/me/close",
        tag="Accounts",
        summary="Leave for good: refused while a deal is open or money is there",
        call=_close,
        body=shapes.Nothing,
        answers=Account,
        keyed=True,
        refusals=(
            "account.password_needed",
            "account.has_open_deals",
            "account.has_money",
            "request.scope_missing",
        ),
        example={},
    ),
    Operation(
        id="createApiKey",
        method="POST",
        path="/v1/api_keys",
        tag="Accounts",
        summary="Make an API key; its secret is shown once",
        call=_make_key,
        body=NewKey,
        answers=ApiKeyShown,
        status=201,
        keyed=True,
        refusals=("account.password_needed", "request.scope_missing", "api_key.too_many"),
        example={"name": "warehouse", "scopes": ["deals:read", "deals:write"]},
        scope="keys:write",
    ),
    Operation(
        id="listApiKeys",
        method="GET",
        path="/v1/api_keys",
        tag="Accounts",
        summary="The keys I have",
        call=_keys,
        query=shapes.Page,
        answers=ListOf[ApiKeyShown],
        scope="keys:write",
    ),
    Operation(
        id="revokeApiKey",
        method="DELETE",
        path="/v1/api_keys/{api_key}",
        tag="Accounts",
        summary="Make a key worthless at once",
        call=_revoke,
        answers=None,
        status=204,
        refusals=("api_key.unknown",),
        scope="keys:write",
    ),
)
