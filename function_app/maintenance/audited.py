"""Changes of single photos that a person or a token asks for: each is recorded in the audit log,
then made. After a crash in between, the log has a change that was not made, instead of a change
that is not on record."""

from datetime import UTC, datetime

from function_app.auth.caller import Caller
from function_app.http.request import Request
from function_app.maintenance import stubs, trash
from function_app.maintenance.deletion import delete as delete_now
from function_app.services import Services
from photo_wire.moment import to_milliseconds
from photo_wire.name import PhotoName


def delete(
    name: PhotoName, request: Request, services: Services, caller: Caller, is_for_good: bool = False
) -> bool:
    """Move a photo into the trash, or delete it for good, also from there. Return False if there is
    no such photo that the caller may see."""
    if not caller.may_see(name.camera):
        return False
    photo = services.index.get(name)
    trashed = services.index.get_trashed(name) if is_for_good and not photo else None
    if not (photo or trashed):
        return False
    action = "deleted for good" if is_for_good else "deleted"
    services.audit_log.record(request.headers, caller.actor, action, str(name))
    now = datetime.now(UTC)
    if trashed:
        return trash.delete_trashed(trashed, services)
    if photo and is_for_good:
        return delete_now(photo, services, deleted_at=to_milliseconds(now))
    return photo is not None and trash.move_to_trash(photo, services, now)


def restore(name: PhotoName, request: Request, services: Services, caller: Caller) -> bool:
    """Restore a photo from the trash. Return False if none is there that the caller may see."""
    if not caller.may_see(name.camera) or services.index.get_trashed(name) is None:
        return False
    services.audit_log.record(request.headers, caller.actor, "restored", str(name))
    return trash.restore(name, services)


def protect(
    name: PhotoName, request: Request, services: Services, caller: Caller, is_protected: bool
) -> bool:
    """Protect a photo from retention, or no longer. Return False if there is no such photo that the
    caller may see."""
    photo = services.index.get(name) if caller.may_see(name.camera) else None
    if photo is None:
        return False
    action = "protected" if is_protected else "ended the protection of"
    services.audit_log.record(request.headers, caller.actor, action, str(name))
    return trash.protect(photo, services, is_protected)


def correct(
    name: PhotoName,
    request: Request,
    services: Services,
    caller: Caller,
    without_frames: list[PhotoName],
) -> bool:
    """Make a photo of a stub in which the caller saw motion, then have its device keep the frames;
    add it to those `without_frames` if that has too much to do. Return False if there is no such
    photo that the caller may see; what is a photo stays one."""
    photo = services.index.get(name) if caller.may_see(name.camera) else None
    if photo is None or not photo.is_stub:
        return photo is not None
    services.audit_log.record(request.headers, caller.actor, "saw motion in", str(name))
    if not stubs.correct(photo, services):
        return False
    if not stubs.ask_for_frames(photo, services, caller.actor, datetime.now(UTC)):
        without_frames.append(name)
    return True
