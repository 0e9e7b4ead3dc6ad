"""Pictures of the page that a device serves itself (pi_uploader/serve)."""

from playwright.sync_api import expect

from tests.e2e.screenshots.view import View
from tests.support.camera_page import PASSWORD, CameraPage


def test_the_page_of_a_device(view: View, device: CameraPage) -> None:
    """With a photo that it keeps, a camera that it does not have, and what it does not serve."""
    device.env["CAMERA_UPLOAD"] = "off"
    device.start_program("upload", **device.env)
    device.capture()
    device.start()
    page = view.new(http_credentials={"username": "", "password": PASSWORD})
    page.goto(device.url)
    expect(page.locator("#photos details")).to_have_count(1)
    view.take(page, "camera-page", is_whole=True)
    page.locator("#photos summary").click()
    page.locator("details summary", has_text="Log").click()
    view.take(page, "camera-page-open", is_whole=True)
    page.goto(f"{device.url}/?camera=barn&day=2020-02-02")
    view.take(page, "camera-page-empty", is_whole=True)
    page.goto(f"{device.url}/nothing")
    view.take(page, "camera-page-problem")
