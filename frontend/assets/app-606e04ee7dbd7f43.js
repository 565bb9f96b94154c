// Shows how the application does: asks the API's health through the site's own
// origin, which is all that the page's Content-Security-Policy lets it talk to.
const seconds = 1000;
const timeout = 10 * seconds;
const again = 30 * seconds;

const show = (id, text) => {
  document.getElementById(id).textContent = text;
};

const health = async () => {
  const answer = await fetch("/api/health", {
    cache: "no-store",
    headers: { accept: "application/json" },
    signal: AbortSignal.timeout(timeout),
  });
  // 503 is an answer, too: it says what does not work.
  const body = await answer.json();
  if (typeof body.status !== "string") {
    throw new Error("not the health of the API");
  }
  return body;
};

const refresh = async () => {
  const status = document.getElementById("status");
  try {
    const { status: state, version, database } = await health();
    status.dataset.state = state;
    show("status", state);
    show("version", version ?? "unknown");
    show("schema", database?.schemaVersion ?? "unknown");
  } catch {
    status.dataset.state = "unreachable";
    show("status", "unreachable");
  }
  setTimeout(refresh, again);
};

refresh();
