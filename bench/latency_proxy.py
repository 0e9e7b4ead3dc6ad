"""A proxy with latency: each byte arrives 25 ms later, in each direction, at full bandwidth.

`python -m bench.latency_proxy PORT` prints its port, and forwards to PORT until it is terminated.
"""

import asyncio
import socket
import sys

DELAY_SECONDS = 0.025  # seconds each way
BLOCK_SIZE = 256 * 1024


async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    loop = asyncio.get_running_loop()
    in_transit: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def read_all() -> None:
        while block := await reader.read(BLOCK_SIZE):
            in_transit.put_nowait((loop.time() + DELAY_SECONDS, block))
        in_transit.put_nowait((loop.time() + DELAY_SECONDS, b""))

    reading = asyncio.create_task(read_all())
    try:
        while True:
            due, block = await in_transit.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not block:
                break
            writer.write(block)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        reading.cancel()
        writer.close()


async def main(port: int) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(2 * DELAY_SECONDS)  # what a TCP handshake costs
        upstream_reader, upstream_writer = await asyncio.open_connection(
            "127.0.0.1", port, limit=2**22
        )
        for end in (writer, upstream_writer):
            end.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.gather(
            forward(reader, upstream_writer),
            forward(upstream_reader, writer),
            return_exceptions=True,
        )

    server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=2**22)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
