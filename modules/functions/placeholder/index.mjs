// Stands in for a function whose first release is not deployed yet. It says so
// wherever it is asked, and never pretends to have done its work.
export const handler = async (event) => {
  const path = event?.path;
  if (path === undefined) {
    throw new Error("placeholder: this function has no release yet");
  }
  if (path === "/health" || path.endsWith("/health")) {
    return answer(200, {
      status: "ok",
      placeholder: true,
      version: process.env.RELEASE ?? process.env.AWS_LAMBDA_FUNCTION_VERSION,
    });
  }
  return answer(503, { status: "unavailable", placeholder: true });
};

const answer = (statusCode, body) => ({
  statusCode,
  headers: { "Cache-Control": "no-store", "Content-Type": "application/json" },
  body: JSON.stringify(body),
});
