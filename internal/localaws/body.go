package localaws

import (
	"io"
	"net/http"
)

// endByItself makes the body of an outgoing request end after its declared
// length without another look at the client's connection.
//
// The transport looks past the end of a body once it has sent it, to see that
// nothing follows. If the answer begins before that, as it does when the
// sender loses the processor in between, this server has closed the client's
// body, the look fails, and the transport drops the connection to the emulator
// in the middle of the answer: the client gets a 200 that breaks off
// (golang/go#40747). A body of unknown length is not at risk, for its end is
// part of what the emulator waits for.
func endByItself(out *http.Request) {
	if out.Body == nil || out.ContentLength <= 0 {
		return
	}
	out.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(out.Body, out.ContentLength), out.Body}
}
