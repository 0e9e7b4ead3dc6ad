"""Write docs/cost.md from the price list: `make cost-page`."""

import math
import sys
from dataclasses import replace

from infra.cost import (
    QUEUE_AWAKE_SECONDS,
    QUEUE_POLL_SECONDS,
    SECONDS_PER_REQUEST,
    TRANSACTIONS,
    Transactions,
    Use,
    bill,
    lines,
    money,
    total,
)
from infra.price_list import GB, PRICES, Prices

TABLE = (  # a home with one, a business with ten, an integrator whose customers look once a day
    Use(cameras=1, photos=50, visits=4),
    Use(cameras=10, photos=50, visits=10),
    Use(cameras=1000, photos=50, visits=1000),
)
COMPARISON = Use(cameras=1, photos=100, visits=10)
LARGE_INSTANCES = 2048  # MB
DEFAULT_PACE = (Use().heartbeat, Use().poll)  # seconds
QUIET_PACE = (900, 60)

_PAGE = """\
# What it costs

`python -m infra.cost_page` writes this page, and a test fails if it differs. After a change of
[function_app/stats/prices.json](../function_app/stats/prices.json) run `make cost-page`.

Prices in {currency} of {date}, for {where}. {how_found}

{table}

The photos have 500 KB and are kept for 120 days. The last column is the cost of a month with
instances of {large_instances:,} MB instead of {memory:,} MB. For other numbers:

    make cost CAMERAS=10 PHOTOS=50 SIZE=500KB RETENTION=120d VISITS=4 POLL=20s CHANNELS=2

## What a device costs that takes no photo

Each camera is a device of its own here. It sends a heartbeat at the first interval
(`CAMERA_HEARTBEAT`) and looks for commands at the second (`CAMERA_POLL`). The sums contain the
timers, and no gallery.

{idle}

Each heartbeat is billed for a second of its own. A heartbeat that goes with a photo is counted as
if it were sent alone. A poll is assumed to take {poll_bytes:,} bytes of traffic.

- A heartbeat: {heartbeat}; the first one of an hour: {first_heartbeat}, with one camera, and one
  more for each further camera.
- A photo that a person asks for, with its arrival, costs {demanded} beyond the free amounts, if it
  arrives within a second; while a request waits for its photo, that time is billed, too.
- A minute of live pictures, with one person who sees one a second, costs {live_minute} beyond the
  free amounts, if each request is billed for a second of its own.

## What notifications cost

A stored photo puts a message into a queue, if people have channels, and a function of its own
tells them: one execution and one second more. The cameras take 100 photos a day here, at the
default pace, and nobody visits the gallery. Each photo is counted as told, alone, in each channel;
rules and intervals make it less.

{notified}

- A photo: {queued}; telling it in one channel: {notified_once};
  in each further channel: {notified_further}.
- As long as there is no channel, nothing is put; each instance looks once a minute whether there is
  one: {looked_for}. With a channel the timer looks each minute for messages that wait:
  {queue_minute}.
- An instance of the function polls the queue every {queue_poll} s. It is assumed to live for
  {queue_awake} minutes after each message. How often Azure's own scaler looks at the queue could
  not be tried here, and is not in the totals. Nor is what a receiver that fails costs.

## Item by item

{bills}

## What the numbers rest on

- **Requests are measured, not guessed.** [infra/transactions.json](../infra/transactions.json) has
  the requests to Azure when a photo is stored, shown or listed, and
  `tests/infra/test_transactions.py` counts them with the real backend and Azurite:
  - a photo stored: {stored};
    the first one that an instance stores after its start: {first_stored}.
    The totals leave that out: a million table requests cost {million_requests};
  - a photo shown as a thumbnail: {shown};
    a JPEG of Nightjar's cameras contains it. That of another photo is made once: {made};
  - a photo opened in full: {opened};
  - a photo deleted by retention: {over}; by a person: {deleted}.
    It stays in the trash for 7 days: its bytes are paid for until then, and as soft delete keeps
    them after that. Not in the totals;
  - the page of what is now opened: with the form to sign in and all files {gallery}, and
    looked at again {looked_again}; a day {day}; the alerts {alerts}; the page of a photo
    {photo_page}. One of the table requests of a day records who looked: it is sent once an hour
    for each person, and each camera and day on the page;
  - a photo sent again: {again}.
    That happens when a receipt is lost: seldom, so it is not in the totals;
  - a device looks for commands: {commands_polled}.
    A photo that a person asks for: {photo_asked_for};
    when it arrives: {photo_of_a_command}, instead of those of another photo.
    Photos asked for are not in the totals;
  - live pictures: each that a device sends: {live_sent}; each that a person sees: {live_shown};
    once a minute {looked_at}, and {looking_over} at the end. A minute with one person
    who sees one a second is 60 of each, and 30 times that the device looks for commands. Not in
    the totals.
- **The costs are those of a month in which retention already deletes photos.** Photos are counted
  for the days they are kept and for {soft_delete} days more, for which Azure keeps deleted photos
  (soft delete). Index rows are counted for the days that photos are kept. The storage account's own
  rule, which deletes blobs by their age, leaves rows, which cost almost nothing.
- **A visit** signs in, opens the page of what is now, a day and the alerts, loads {thumbnails_seen}
  thumbnails, opens {photos_opened} of the photos in full, and looks for new ones every {looks} s,
  for {minutes:g} minutes. A browser keeps the files of the pages, and a photo for a day; in this
  calculation it loads them each time.
- **Timers** also run when nothing happens: each minute the count and the watch for silent devices,
  with {minutely} table requests;
  the cleanup each hour, with {hourly} and two more for each camera; the repair each week. Each
  request is assumed to take {per_request:g} s. For a photo the count sends {counted} requests more,
  since it is listed in each run of its first five minutes. With one camera the timers are
  {timer_runs} executions a month, and {timer_requests} for table requests. The count takes
  {shortest:g} s a run at least: {timer_memory} GB-s of memory, or {large_memory} with instances of
  {large_instances:,} MB, which is most of the free amount.
  It takes longer if many cameras have counts of many days, which are kept for 400 days: with
  1,000 such cameras 1.4 s of CPU (0.2 s with 60 days), measured without Azure and not in the
  totals.
- **Execution time is estimated high.** Each uploaded photo is assumed to be alone on its instance
  and is billed for {shortest:g} s, the minimum that Azure bills. The requests that a visit sends at
  once share an instance, {concurrency} at a time. Which requests Azure counts together could not be
  tried here, nor whether a slow connection makes an execution longer.
- **Logs** have a daily cap of {cap:g} GB, {capped:g} GB a month. That is within the free amount, so
  here they cost nothing. With {log} bytes for each execution the cap is reached at {silent_calls}
  executions a day, which is what about {silent_cameras} cameras make. With more, **nothing is
  logged for the rest of each day**: with 1,000 cameras after {silent_hours:.1f} hours. Photos are
  still stored and shown; only the log is missing. To log all day,
  raise the cap with `infra/deploy.sh NAME --log {whole_cap:g}`; that
  costs {whole_log} more a month.
- **Assumed, and not measured**: the {log} bytes of log for each execution (check the first
  month), that {thumbnails_seen} thumbnails are seen and {photos_opened} photos opened in a visit,
  the {thumbnail} KB of a thumbnail, the {shortest:g} s of each execution, and photos of {size} KB.
  That last number matters most. A camera
  takes photos of the size in `CAMERA_SIZE`, and its default `full` is larger, as large as the
  sensor; nobody has measured which size results in {size} KB. With photos of 4 MB one camera costs
  {large_photos}, and not {one}.
- **Free amounts** are for a whole subscription: other apps in it may use them up.

Not in the totals: a domain of your own, taxes, support plans, the Functions host's own requests to
its storage account (its keys, its deployment package, when its timers ran), which could not be
measured without Azure, the requests of the weekly repair, and backups elsewhere.

## What makes it cheaper

{cheaper}

Moving photos to the cool tier is not among them: for a photo of 500 KB, the write that moves it
costs about what the cheaper months save, and reads become more expensive.

## Where the prices are from

{sources}
"""


def page(prices: Prices, transactions: Transactions) -> str:
    """Return the page as Markdown."""

    def costs(use: Use) -> float:
        return total(bill(use, prices, transactions))

    def bill_lines(use: Use) -> list[str]:
        return lines(use, prices, transactions)

    rows = [
        "| cameras | photos a day from each | visits a day | a month | for each camera "
        f"| with {LARGE_INSTANCES:,} MB |",
        "|---:|---:|---:|---:|---:|---:|",
        *(
            f"| {use.cameras:,} | {use.photos:g} | {use.visits:,.0f} | **{money(costs(use))}** "
            f"| {money(costs(use) / use.cameras)} "
            f"| {money(costs(replace(use, memory=LARGE_INSTANCES)))} |"
            for use in (*TABLE, COMPARISON)
        ),
    ]
    bills = [
        "\n".join([f"{use}:\n", *(f"    {line}".rstrip() for line in bill_lines(use))])
        for use in TABLE
    ]
    large, defaults = TABLE[-1], Use()
    hours = 24 * prices.days_in_a_month
    minutes = 60 * hours
    count_seconds = minutes * prices.shortest_execution_seconds
    calls = executions(large, prices, transactions)  # a day
    cap_calls = defaults.log * GB / transactions.log_bytes_per_execution
    uncapped = replace(
        large, log=math.ceil(10 * calls * transactions.log_bytes_per_execution / GB) / 10
    )
    demanded = sum(
        cost_of(event, prices, transactions)
        for event in ("photo asked for", "photo of a command stored")
    )
    return _PAGE.format(
        currency=prices.currency,
        date=prices.date,
        where=prices.where,
        how_found=prices.how_found,
        table="\n".join(rows),
        large_instances=LARGE_INSTANCES,
        memory=defaults.memory,
        bills="\n\n".join(bills),
        stored=_requests(transactions, "photo stored"),
        first_stored=_requests(transactions, "photo stored by a new instance"),
        million_requests=money(prices.prices["table_requests"].of(1_000_000)),
        shown=_requests(transactions, "thumbnail shown"),
        made=_requests(transactions, "thumbnail made"),
        opened=_requests(transactions, "photo opened"),
        over=_requests(transactions, "photo's time over"),
        deleted=_requests(transactions, "photo deleted"),
        gallery=_requests(transactions, "gallery opened"),
        looked_again=_requests(transactions, "looked at again"),
        day=_requests(transactions, "day opened"),
        alerts=_requests(transactions, "alerts opened"),
        photo_page=_requests(transactions, "page of a photo opened"),
        again=_requests(transactions, "photo sent again"),
        commands_polled=_requests(transactions, "commands polled"),
        photo_asked_for=_requests(transactions, "photo asked for"),
        photo_of_a_command=_requests(transactions, "photo of a command stored"),
        live_sent=_requests(transactions, "live picture sent"),
        live_shown=_requests(transactions, "live picture shown"),
        looked_at=_requests(transactions, "camera looked at"),
        looking_over=_requests(transactions, "looking over"),
        soft_delete=defaults.soft_delete,
        thumbnails_seen=transactions.thumbnails_seen,
        photos_opened=transactions.photos_opened,
        looks=transactions.seconds_between_looks,
        minutes=defaults.minutes,
        shortest=prices.shortest_execution_seconds,
        concurrency=defaults.concurrency,
        hourly=transactions.events["hourly cleanup"]["table_requests"],
        per_request=SECONDS_PER_REQUEST,
        minutely=transactions.events["minutely count"]["table_requests"],
        counted=transactions.events["photo counted"]["table_requests"],
        timer_runs=f"{round(minutes + hours + prices.days_in_a_month / 7):,}",
        timer_requests=money(
            prices.prices["table_requests"].of(
                hours * (2 + transactions.events["hourly cleanup"]["table_requests"])
                + minutes * transactions.events["minutely count"]["table_requests"]
            )
        ),
        timer_memory=f"{count_seconds * defaults.memory / 1024:,.0f}",
        large_memory=f"{count_seconds * LARGE_INSTANCES / 1024:,.0f}",
        log=f"{transactions.log_bytes_per_execution:,}",
        cap=defaults.log,
        capped=defaults.log * prices.days_in_a_month,
        silent_calls=f"{math.floor(cap_calls / 1000) * 1000:,}",
        silent_cameras=f"{round(large.cameras * cap_calls / calls, -1):g}",
        silent_hours=24 * cap_calls / calls,
        whole_cap=uncapped.log,
        whole_log=money(costs(uncapped) - costs(large)),
        thumbnail=f"{transactions.thumbnail_bytes / 1000:g}",
        size=f"{defaults.size / 1000:g}",
        one=money(costs(defaults)),
        large_photos=money(costs(replace(defaults, size=4_000_000))),
        cheaper="\n".join(
            f"- {what}: {money(costs(use))} instead of {money(costs(large))} for 1,000 cameras."
            for what, use in {
                "Photos kept for 30 days instead of 120": replace(large, retention=30),
                "Photos of 250 KB": replace(large, size=250_000),
                "Half the visits to the gallery": replace(large, visits=large.visits / 2),
                "A heartbeat every 15 minutes, and a poll every 60 s": replace(
                    large, heartbeat=QUIET_PACE[0], poll=QUIET_PACE[1]
                ),
            }.items()
        ),
        notified="\n".join(notified_rows(prices, transactions)),
        queued=_requests(transactions, "photo queued"),
        notified_once=_requests(transactions, "photo told"),
        notified_further=_requests(transactions, "photo told in a further channel"),
        looked_for=_requests(transactions, "channels looked for"),
        queue_minute=_requests(transactions, "minutely look at the queue"),
        queue_poll=QUEUE_POLL_SECONDS,
        queue_awake=QUEUE_AWAKE_SECONDS // 60,
        idle="\n".join(idle_rows(prices, transactions)),
        poll_bytes=transactions.poll_bytes,
        heartbeat=_requests(transactions, "heartbeat"),
        first_heartbeat=_requests(transactions, "first heartbeat of an hour"),
        live_minute=f"{live_minute(prices, transactions):.4f}",
        demanded=f"{demanded:.5f}",
        sources="\n".join(
            f"- {price.name}: <{price.source}>" + (f" ({price.doubt})" if price.doubt else "")
            for price in prices.prices.values()
        ),
    )


def executions(use: Use, prices: Prices, transactions: Transactions) -> float:
    """Return the number of executions a day."""
    month = next(
        item.amount
        for item in bill(use, prices, transactions)
        if item.price is prices.prices["executions"]
    )
    return month / prices.days_in_a_month


def idle_rows(prices: Prices, transactions: Transactions) -> list[str]:
    """Return a table of what devices cost that only report and look for commands."""
    rows = [
        "| cameras | heartbeat, poll | executions | GB-s | blob reads | a month | for each |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for heartbeat, poll in (DEFAULT_PACE, QUIET_PACE):
        for cameras in (1, 10, 1000):
            use = idle(cameras, heartbeat, poll)
            items = {item.price: item for item in bill(use, prices, transactions)}
            amounts = [
                f"{items[prices.prices[name]].amount:,.0f}"
                for name in ("executions", "memory_time", "blob_reads")
            ]
            cost = total(list(items.values()))
            rows.append(
                f"| {cameras:,} | {heartbeat // 60} min, {poll} s | {' | '.join(amounts)} "
                f"| {money(cost)} | {cost / cameras:.3f} |"
            )
    return rows


def notified_rows(prices: Prices, transactions: Transactions) -> list[str]:
    """Return a table of what it costs to tell people of photos."""
    rows = [
        "| cameras | channels | executions | GB-s | queue requests | a month |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    for cameras, channels in ((1, 0), (1, 1), (4, 0), (4, 1), (4, 4), (10, 0), (10, 4)):
        use = Use(cameras=cameras, photos=100, visits=0, channels=channels)
        items = {item.price: item for item in bill(use, prices, transactions)}
        amounts = [
            f"{items[prices.prices[name]].amount:,.0f}"
            for name in ("executions", "memory_time", "queue_requests")
        ]
        cost = money(total(list(items.values())))
        rows.append(f"| {cameras} | {channels} | {' | '.join(amounts)} | {cost} |")
    return rows


def idle(cameras: int, heartbeat: int, poll: int) -> Use:
    """Return the use by cameras that take no photo, and that nobody looks at."""
    return Use(cameras=cameras, photos=0, visits=0, heartbeat=heartbeat, poll=poll)


def live_minute(prices: Prices, transactions: Transactions) -> float:
    """Return the cost of a minute in which one person sees a picture a second, without free
    amounts: each call is billed for the shortest time, and the device polls every 2 s."""
    events = {"live picture sent": 60, "live picture shown": 60, "commands polled": 30}
    events |= {"camera looked at": 1, "looking over": 1}
    return sum(times * cost_of(event, prices, transactions) for event, times in events.items())


def cost_of(event: str, prices: Prices, transactions: Transactions) -> float:
    """Return the cost of an event at the default instance size, without free amounts."""
    counts = transactions.events[event]
    seconds = counts.get("executions", 0) * prices.shortest_execution_seconds
    amounts: dict[str, float] = {
        kind: count for kind, count in counts.items() if kind != "blob_deletes"
    }
    amounts |= {"memory_time": seconds * Use().memory / 1024}
    return sum(
        amount / prices.prices[kind].per * prices.prices[kind].price
        for kind, amount in amounts.items()
    )


def _requests(transactions: Transactions, event: str) -> str:
    """Return the requests of an event, such as `1 execution, 2 table requests`."""
    counts = [(kind.replace("_", " "), count) for kind, count in transactions.events[event].items()]
    return ", ".join(
        f"{count} {kind.removesuffix('s') if count == 1 else kind}" for kind, count in counts
    )


if __name__ == "__main__":
    sys.stdout.write(page(Prices.read(PRICES), Transactions.read(TRANSACTIONS)))
