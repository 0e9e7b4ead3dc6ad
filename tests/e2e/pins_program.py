"""`pi-uploader` over gpiozero's own pins without hardware, which standard input drives.

    high 17 | low 17        the pin goes up, or down to ground
    pulse 17 20             up and, after 20 ms, down
    bounce 18 5 10          a contact that closes, opens and closes again 5 times, 10 ms apart

Each line is answered with `done` when it has been carried out.
"""

import os
import sys
import threading
import time

os.environ["GPIOZERO_PIN_FACTORY"] = "mock"

from gpiozero import Device

from pi_uploader.cli import main


def carry_out(word: str, pin: int, *numbers: int) -> None:
    mock = Device.pin_factory.pin(pin)
    match word:
        case "high":
            mock.drive_high()
        case "low":
            mock.drive_low()
        case "pulse":
            mock.drive_high()
            time.sleep(numbers[0] / 1000)
            mock.drive_low()
        case "bounce":
            for _ in range(numbers[0]):
                mock.drive_low()
                time.sleep(numbers[1] / 1000)
                mock.drive_high()
                time.sleep(numbers[1] / 1000)
            mock.drive_low()


def listen() -> None:
    for line in sys.stdin:
        word, *numbers = line.split()
        carry_out(word, *map(int, numbers))
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    threading.Thread(target=listen, daemon=True).start()
    sys.exit(main(sys.argv[1:]))
