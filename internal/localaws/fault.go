package localaws

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
)

// fault is an error in the shape of AWS.
type fault struct {
	status  int
	code    string
	message string
}

// CodeNotImplemented is the error code of an operation that the local AWS
// lacks. Its status is 501: the SDKs retry 500, 502, 503 and 504.
const CodeNotImplemented = "NotImplementedByLocalAWS"

func notImplemented(op operation) fault {
	return fault{http.StatusNotImplemented, CodeNotImplemented,
		fmt.Sprintf("the local AWS has no %s %s", op.service, op.name)}
}

func internalFailure(op operation) fault {
	return fault{http.StatusInternalServerError, "InternalFailure",
		fmt.Sprintf("the local AWS failed at %s %s; its emulator.log has the traceback", op.service, op.name)}
}

func unavailable() fault {
	return fault{http.StatusServiceUnavailable, "ServiceUnavailable", "the local AWS's emulator does not answer"}
}

// render gives the body and content type that the protocol expects.
func (f fault) render(p protocol) (body []byte, contentType string) {
	kind := "Sender"
	if f.status != http.StatusNotImplemented {
		kind = "Receiver"
	}
	code, message := escape(f.code), escape(f.message)
	switch p {
	case query, restXML:
		return fmt.Appendf(nil, "<ErrorResponse><Error><Type>%s</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>local</RequestId></ErrorResponse>", kind, code, message), "text/xml"
	case ec2Query:
		return fmt.Appendf(nil, "<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>local</RequestID></Response>", code, message), "text/xml"
	case s3XML:
		return fmt.Appendf(nil, "<Error><Code>%s</Code><Message>%s</Message><RequestId>local</RequestId></Error>", code, message), "application/xml"
	default:
		body, err := json.Marshal(map[string]string{"__type": f.code, "message": f.message})
		if err != nil { // two strings always encode
			body = []byte("{}")
		}
		return body, "application/x-amz-json-1.1"
	}
}

// write answers a request with the fault.
func (f fault) write(w http.ResponseWriter, p protocol) {
	body, contentType := f.render(p)
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("X-Amzn-Errortype", f.code)
	w.WriteHeader(f.status)
	_, _ = w.Write(body) // a client that left needs no answer
}

func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // writing to memory does not fail
	return b.String()
}
