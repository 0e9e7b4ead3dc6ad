"""What every released version sent over the wire, kept and replayed, so that a device and a backend
of different versions go on understanding each other.

    0.1.0/                 one folder for each version, never changed once the version is released
        jpeg.json          one request, the backend's reply, and what the uploader made of it
    exchanges.py           how such a file is written and read
    stories.py             what is recorded: each thing that a client sends or a backend answers
    record.py              records it: the real uploader, the real backend, Azurite

    spool-0.1.0/           a spool that the version wrote; record_spool.py records it
    store-0.1.0/           a store that the version wrote, and what its backend answered about it
    stores.py              how such a store is written and read
    record_store.py        records it: old_backend.py drives the version's backend, and
                           store_answers.py sends the requests that are recorded with it

`make golden` (python -m tests.golden) records the version in photo_wire/__init__.py.
"""
