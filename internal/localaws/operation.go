package localaws

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// operation is what a request asks of AWS, as far as one can tell from its
// outside; both fields may be empty.
type operation struct {
	service  string // the signing name: ec2, rds, s3 …
	name     string // the operation, or method and path where AWS names it so
	protocol protocol
}

// protocol is the shape in which a service expects errors.
type protocol int

const (
	restJSON protocol = iota // Lambda, API Gateway …
	awsJSON                  // X-Amz-Target: KMS, Secrets Manager …
	query                    // Action=…: RDS, IAM, STS …
	ec2Query                 // like query, with an envelope of its own
	restXML                  // CloudFront, Route 53
	s3XML                    // like restXML, without an envelope
)

// maxForm bounds how much of a form is read to find its Action. Bytes.
const maxForm = 1 << 20

// classify finds out the operation. It reads the body of forms only and puts
// it back.
func classify(request *http.Request) operation {
	op := operation{service: signingName(request)}
	if target := request.Header.Get("X-Amz-Target"); target != "" {
		_, name, _ := strings.Cut(target, ".")
		op.name, op.protocol = name, awsJSON
		return op
	}
	if strings.HasPrefix(request.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		if action := formAction(request); action != "" {
			op.name, op.protocol = action, query
			if op.service == "ec2" {
				op.protocol = ec2Query
			}
			return op
		}
	}
	op.name = request.Method + " " + request.URL.Path + subresource(request.URL.Query())
	switch op.service {
	case "s3", "":
		op.protocol = s3XML // moto takes what is not signed for S3, too
	case "cloudfront", "route53", "s3control":
		op.protocol = restXML
	}
	return op
}

// signingName takes the service from the credential scope of the signature.
func signingName(request *http.Request) string {
	scope := request.URL.Query().Get("X-Amz-Credential")
	if _, after, found := strings.Cut(request.Header.Get("Authorization"), "Credential="); found {
		scope, _, _ = strings.Cut(after, ",")
	}
	parts := strings.Split(scope, "/") // key/date/region/service/aws4_request
	if len(parts) != 5 {
		return ""
	}
	return strings.ToLower(parts[3])
}

// formAction gives the Action of a form and leaves the body as it was.
func formAction(request *http.Request) string {
	head, err := io.ReadAll(io.LimitReader(request.Body, maxForm))
	request.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), request.Body), request.Body}
	if err != nil {
		return ""
	}
	values, err := url.ParseQuery(string(head))
	if err != nil {
		return ""
	}
	return values.Get("Action")
}

// subresource names the query's keys, which tell S3's operations apart. Their
// values stay out: they may be signatures and tokens.
func subresource(values url.Values) string {
	var keys []string
	for key := range values {
		if !strings.HasPrefix(strings.ToLower(key), "x-amz-") && key != "x-id" {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return ""
	}
	slices.Sort(keys)
	return "?" + strings.Join(keys, "&")
}
