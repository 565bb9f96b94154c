// Pagefunction is a function behind a REST API, for tests: it does what its path
// says, and gives its event back.
package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

func main() {
	base := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		response, err := http.Get(base + "next")
		if err != nil {
			os.Exit(1)
		}
		event, err := io.ReadAll(response.Body)
		if err != nil {
			os.Exit(1)
		}
		response.Body.Close()
		path, answer := "/response", handle(event)
		if answer == nil {
			path, answer = "/error", []byte(`{"errorType":"Told","errorMessage":"secret"}`)
		}
		post(base+response.Header.Get("Lambda-Runtime-Aws-Request-Id")+path, answer)
	}
}

func handle(event []byte) []byte {
	var request struct{ Path string }
	_ = json.Unmarshal(event, &request)
	switch request.Path {
	case "/fails":
		return nil
	case "/malformed":
		return []byte(`{"status":200}`)
	case "/sleeps":
		time.Sleep(2 * time.Second)
	case "/packed":
		return []byte(`{"statusCode":"200","body":"AAEC","isBase64Encoded":true,"headers":{"Content-Type":"image/png"}}`)
	}
	if strings.HasPrefix(request.Path, "/missing") {
		return []byte(`{"statusCode":404,"body":"none"}`)
	}
	answer, _ := json.Marshal(map[string]any{
		"statusCode":        200,
		"body":              string(event),
		"headers":           map[string]any{"X-Single": "one", "X-Number": 7, "Date": "mine", "Cache-Control": "no-store"},
		"multiValueHeaders": map[string]any{"Set-Cookie": []string{"a=1", "b=2"}},
	})
	return answer
}

func post(url string, body []byte) {
	response, err := http.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		os.Exit(1)
	}
	response.Body.Close()
}
