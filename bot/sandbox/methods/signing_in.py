"""Configuration, login by code, password (SRP) or bot token, logout, sessions."""

import hashlib
import os
import secrets
from typing import Any

from telethon import password as telethon_password
from telethon.tl import types

from bot.sandbox.handshake import DH_GENERATOR, DH_PRIME
from bot.sandbox.methods.call import Call
from bot.sandbox.tl import Raw, RpcError
from bot.sandbox.world import User, phone_digits

_CONFIG_SECONDS = 3600
_PRIME_BYTES = DH_PRIME.to_bytes(256, "big")
_SALT_1, _SALT_2 = b"sandbox-1", b"sandbox-2"


def get_config(call: Call, _request: Any) -> Any:
    """help.getConfig: one data centre, this one."""
    desk, now = call.desk, call.world.now()
    option = types.DcOption(desk.dc_id, desk.host, desk.port, static=True)
    return types.Config(
        date=now,
        expires=now + _CONFIG_SECONDS,
        test_mode=False,
        this_dc=desk.dc_id,
        dc_options=[option],
        dc_txt_domain_name="",
        chat_size_max=200,
        megagroup_size_max=200_000,
        forwarded_count_max=100,
        online_update_period_ms=210_000,
        offline_blur_timeout_ms=5000,
        offline_idle_timeout_ms=30_000,
        online_cloud_timeout_ms=300_000,
        notify_cloud_delay_ms=30_000,
        notify_default_delay_ms=1500,
        push_chat_period_ms=60_000,
        push_chat_limit=2,
        edit_time_limit=172_800,
        revoke_time_limit=2_147_483_647,
        revoke_pm_time_limit=2_147_483_647,
        rating_e_decay=2_419_200,
        stickers_recent_limit=200,
        channels_read_media_period=604_800,
        call_receive_timeout_ms=20_000,
        call_ring_timeout_ms=90_000,
        call_connect_timeout_ms=30_000,
        call_packet_timeout_ms=10_000,
        me_url_prefix="https://t.me/",
        caption_length_max=1024,
        message_length_max=4096,
        webfile_dc_id=desk.dc_id,
    )


def get_nearest_dc(call: Call, _request: Any) -> Any:
    """help.getNearestDc."""
    return types.NearestDc("UA", call.desk.dc_id, call.desk.dc_id)


def send_code(call: Call, request: Any) -> Any:
    """auth.sendCode: the code is world.login_code(phone), sent nowhere."""
    phone = phone_digits(request.phone_number)
    if not phone:
        raise RpcError("PHONE_NUMBER_INVALID")
    call.record.code_hash = secrets.token_hex(8)
    kind = types.auth.SentCodeTypeApp(len(call.world.login_code(phone)))
    return types.auth.SentCode(type=kind, phone_code_hash=call.record.code_hash)


def sign_in(call: Call, request: Any) -> Any:
    """auth.signIn: numbers without an account cannot sign up."""
    phone = phone_digits(request.phone_number)
    if not request.phone_code:
        raise RpcError("PHONE_CODE_EMPTY")
    if request.phone_code_hash != call.record.code_hash or not call.record.code_hash:
        raise RpcError("PHONE_CODE_EXPIRED")
    if request.phone_code != call.world.login_code(phone):
        raise RpcError("PHONE_CODE_INVALID")
    user = call.world.users.get(call.world.phones.get(phone, 0))
    if user is None:
        raise RpcError("PHONE_NUMBER_UNOCCUPIED")
    if user.password:
        call.record.pending_user_id = user.id
        raise RpcError("SESSION_PASSWORD_NEEDED", 401)
    return _authorized(call, user)


def get_password(call: Call, _request: Any) -> Any:
    """account.getPassword: the first half of SRP (core.telegram.org/api/srp)."""
    user = _password_owner(call)
    algo = types.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow(
        _SALT_1, _SALT_2, DH_GENERATOR, _PRIME_BYTES
    )
    unknown = types.SecurePasswordKdfAlgoUnknown()
    if user is None or not user.password:
        return types.account.Password(algo, unknown, os.urandom(16))
    verifier = int.from_bytes(telethon_password.compute_digest(algo, user.password), "big")
    exponent = int.from_bytes(os.urandom(64), "big")
    multiplier = int.from_bytes(_sha256(_PRIME_BYTES + _padded(DH_GENERATOR)), "big")
    public = (multiplier * verifier + pow(DH_GENERATOR, exponent, DH_PRIME)) % DH_PRIME
    srp_id = secrets.randbits(62)
    call.desk.password_checks[srp_id] = (user.id, verifier, exponent, public)
    return types.account.Password(
        algo,
        unknown,
        os.urandom(16),
        has_password=True,
        current_algo=algo,
        srp_B=_padded(public),
        srp_id=srp_id,
    )


def check_password(call: Call, request: Any) -> Any:
    """auth.checkPassword: the second half of SRP."""
    given = request.password
    found = call.desk.password_checks.pop(getattr(given, "srp_id", 0), None)
    owner = _password_owner(call)
    if found is None or owner is None or found[0] != owner.id:
        raise RpcError("SRP_ID_INVALID")
    _, verifier, exponent, public = found
    shared = _sha256(given.A.rjust(256, b"\0") + _padded(public))
    base = int.from_bytes(given.A, "big") * pow(verifier, int.from_bytes(shared, "big"), DH_PRIME)
    key = _sha256(_padded(pow(base, exponent, DH_PRIME)))
    prime_hash, generator_hash = _sha256(_PRIME_BYTES), _sha256(_padded(DH_GENERATOR))
    mixed = bytes(a ^ b for a, b in zip(prime_hash, generator_hash, strict=True))
    salts = _sha256(_SALT_1) + _sha256(_SALT_2)
    expected = _sha256(mixed + salts + given.A.rjust(256, b"\0") + _padded(public) + key)
    if expected != given.M1:
        raise RpcError("PASSWORD_HASH_INVALID")
    return _authorized(call, owner)


def import_bot_authorization(call: Call, request: Any) -> Any:
    """auth.importBotAuthorization: login by token."""
    bot = call.world.users.get(call.world.tokens.get(request.bot_auth_token, 0))
    if bot is None:
        raise RpcError("ACCESS_TOKEN_INVALID")
    return _authorized(call, bot)


def log_out(call: Call, _request: Any) -> Any:
    """auth.logOut: the key stays known but belongs to nobody."""
    call.record.user_id = 0
    return types.auth.LoggedOut()


def export_authorization(call: Call, _request: Any) -> Any:
    """auth.exportAuthorization: there is one data centre, so this is only tolerated."""
    return types.auth.ExportedAuthorization(call.user.id, b"sandbox")


def import_authorization(call: Call, request: Any) -> Any:
    """auth.importAuthorization of what exportAuthorization gave."""
    user = call.world.users.get(request.id)
    if user is None or request.bytes != b"sandbox":
        raise RpcError("AUTH_BYTES_INVALID")
    return _authorized(call, user)


def get_authorizations(call: Call, _request: Any) -> Any:
    """account.getAuthorizations: one entry for each key that is signed in."""
    found = []
    for key_id, record in call.world.keys.items():
        if record.user_id == call.user.id:
            current = record is call.record
            found.append(
                types.Authorization(
                    hash=0 if current else key_id & (1 << 62) - 1,
                    device_model=record.device,
                    platform="",
                    system_version="",
                    api_id=1,
                    app_name="sandbox",
                    app_version="1",
                    date_created=record.created,
                    date_active=call.world.now(),
                    ip="127.0.0.1",
                    country="",
                    region="",
                    current=current,
                )
            )
    return types.account.Authorizations(180, found)


def _authorized(call: Call, user: User) -> Any:
    call.record.user_id = user.id
    call.record.pending_user_id = 0
    return types.auth.Authorization(user=Raw(call.desk.views.user(user, user)))


def _password_owner(call: Call) -> User | None:
    return call.world.users.get(call.record.pending_user_id or call.record.user_id)


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _padded(number: int) -> bytes:
    return number.to_bytes(256, "big")
