// Viewer request of /api/*: the REST API knows its paths without /api. The
// origin's own path, the stage, is put in front afterwards.
function handler(event) {
  var request = event.request;
  if (request.uri.indexOf('/api/') === 0) {
    request.uri = request.uri.substring('/api'.length);
  }
  return request;
}
