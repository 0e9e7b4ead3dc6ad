// Where a page goes when nobody is signed in any more.

/** Leave the page, so that nothing of the session stays on the screen; after signing in the user comes back. */
export function askToSignIn() {
  const query = new URLSearchParams({ next: location.pathname + location.search, ended: "1" });
  location.replace(`/sign-in?${query}`);
}
