"""The key by which push services know the backend."""

import base64

from function_app.notify.senders.vapid import PARTITION, ROW, private_key, public_key
from tests.support.memory_store import MemoryTable


def test_it_is_made_once() -> None:
    table = MemoryTable()
    assert private_key(table) == private_key(table)
    assert private_key(MemoryTable()) != private_key(table)


def test_of_two_instances_the_first_one_s_key_holds() -> None:
    class Late(MemoryTable):
        """Another instance writes its key after this one found none."""

        def insert(self, *_: object) -> bool:
            self.upsert(PARTITION, ROW, {"private_key": "first"})
            return False

    assert private_key(Late()) == "first"


def test_browsers_get_the_public_key() -> None:
    """The one of RFC 8292's neighbour: RFC 8291, appendix A, has this pair."""
    public = public_key("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")
    assert public == (
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    )
    assert len(base64.urlsafe_b64decode(public + "=")) == 65
