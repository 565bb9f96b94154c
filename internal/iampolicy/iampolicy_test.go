package iampolicy

import "testing"

const account = "123456789012"

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind, document string
		want           int
	}{
		"named":                     {"identity", `{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*"}}`, 0},
		"as IAM writes it":          {"identity", `%7B%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22%2A%22%7D%5D%7D`, 1},
		"everything":                {"identity", `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`, 1},
		"a whole service":           {"identity", `{"Statement":[{"Effect":"Allow","Action":["s3:*"],"Resource":"arn:aws:s3:::a"}]}`, 1},
		"two families":              {"identity", `{"Statement":[{"Effect":"Allow","Action":["s3:Get*","ec2:Describe?pcs"],"Resource":"a"}]}`, 2},
		"everything but":            {"identity", `{"Statement":[{"Effect":"Allow","NotAction":"iam:PassRole","Resource":"a"}]}`, 1},
		"a denial may be wide":      {"bucket", `{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}`, 0},
		"everybody":                 {"bucket", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"a"}]}`, 1},
		"everybody of AWS":          {"topic", `{"Statement":[{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":"sns:Publish","Resource":"a"}]}`, 1},
		"everybody of the account":  {"topic", `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sns:Publish","Condition":{"StringEquals":{"aws:SourceOwner":"123456789012"}}}]}`, 0},
		"everybody by TLS":          {"topic", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sns:Publish","Condition":{"Bool":{"aws:SecureTransport":true}}}]}`, 1},
		"everybody but one account": {"topic", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sns:Publish","Condition":{"StringNotEquals":{"aws:SourceAccount":"1"}}}]}`, 1},
		"another account":           {"key", `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::210987654321:root"},"Action":"kms:Decrypt"}]}`, 1},
		"the account and its key":   {"key", `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*","Resource":"*"}]}`, 0},
		"a role and the whole key":  {"key", `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/a"},"Action":"kms:*"}]}`, 1},
		"a service and its family":  {"key", `{"Statement":[{"Effect":"Allow","Principal":{"Service":"logs.amazonaws.com"},"Action":["kms:GenerateDataKey*","kms:ReEncrypt*"]}]}`, 0},
		"a family without a key":    {"identity", `{"Statement":[{"Effect":"Allow","Action":"kms:GenerateDataKey*","Resource":"a"}]}`, 1},
		"a key's other families":    {"key", `{"Statement":[{"Effect":"Allow","Principal":{"Service":"logs.amazonaws.com"},"Action":"kms:De*","Resource":"*"}]}`, 1},
		"a role and a key's family": {"key", `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/a"},"Action":"kms:ReEncrypt*","Resource":"*"}]}`, 1},
		"everything elsewhere":      {"identity", `{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","NotResource":"arn:aws:s3:::a"}]}`, 1},
		"the account and a bucket":  {"bucket", `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"s3:*","Resource":"*"}]}`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy, err := Read(name, c.document)
			if err != nil {
				t.Fatal(err)
			}
			if got := Faults(policy, c.kind, account); len(got) != c.want {
				t.Errorf("%d faults, not %d: %v", len(got), c.want, got)
			}
		})
	}
}

func TestDeniesPlain(t *testing.T) {
	t.Parallel()
	const whole = `"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["a","a/*"]`
	for name, c := range map[string]struct {
		document string
		want     bool
	}{
		"as it should be":        {`{"Statement":[{` + whole + `,"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`, true},
		"a truth value":          {`{"Statement":{` + whole + `,"Condition":{"Bool":{"aws:SecureTransport":false}}}}`, true},
		"with another condition": {`{"Statement":[{` + whole + `,"Condition":{"Bool":{"aws:SecureTransport":"false"},"StringEquals":{"aws:SourceVpc":"a"}}}]}`, false},
		"objects left out":       {`{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"a","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`, false},
		"of one role":            {`{"Statement":[{"Effect":"Deny","Principal":{"AWS":"b"},"Action":"s3:*","Resource":["a","a/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`, false},
		"nothing":                {``, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy, err := Read(name, c.document)
			if err != nil {
				t.Fatal(err)
			}
			if got := policy.DeniesPlain([]string{"s3:*"}, "a", "a/*"); got != c.want {
				t.Errorf("denies plain HTTP: %t", got)
			}
		})
	}
}

func TestCovers(t *testing.T) {
	t.Parallel()
	statement := Statement{Action: Texts{"s3:Get*", "sns:Publish"}}
	for action, want := range map[string]bool{"s3:GetObject": true, "S3:getobject": true, "s3:PutObject": false, "SNS:Publish": true, "sns:PublishBatch": false} {
		if got := statement.Covers(action); got != want {
			t.Errorf("%s: %t", action, got)
		}
	}
}

func TestInclude(t *testing.T) {
	t.Parallel()
	who := Principals{"AWS": {"a", "b"}, "Service": {"logs.amazonaws.com"}}
	for name, want := range map[string]bool{"b": true, "logs.amazonaws.com": true, "AWS": false, "*": false} {
		if got := who.Include(name); got != want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
