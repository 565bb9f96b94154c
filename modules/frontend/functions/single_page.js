// Viewer request of everything but the API and the static assets: a path that
// names no file is a page that the application draws itself, and all of those
// are index.html. They share one entry of the cache, too.
function handler(event) {
  var request = event.request;
  var last = request.uri.substring(request.uri.lastIndexOf('/') + 1);
  if (last.indexOf('.') === -1) {
    request.uri = '/index.html';
  }
  return request;
}
