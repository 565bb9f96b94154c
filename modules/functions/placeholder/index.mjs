// Stands in for a function whose first release is not deployed yet. It says so
// wherever it is asked, and never pretends to have done its work. Where nobody
// asks over HTTP it fails nobody either: an error would be retried, and raise
// alarms about what is not there yet.
export const handler = async (event, context) => {
  const path = event?.path;
  if (path === undefined) {
    console.log(
      JSON.stringify({
        level: "WARN",
        message: "placeholder: this function has no release yet, the event is dropped",
        requestId: context?.awsRequestId,
      }),
    );
    return {};
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
