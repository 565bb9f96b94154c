package rdsauth_test

import (
	"context"
	"crypto/tls"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/goal-mandala/mandala-deploy/functions/internal/rdsauth"
)

func TestATokenIsForTheUserAndTheDatabase(t *testing.T) {
	t.Parallel()
	tokens := rdsauth.Tokens{
		Host: "db.example.com", Port: 5432, Region: "ap-northeast-1", User: "goal_mandala_app",
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "id", SecretAccessKey: "key"}, nil
		}),
	}
	token, err := tokens.Password(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"db.example.com:5432", "Action=connect", "DBUser=goal_mandala_app", "ap-northeast-1%2Frds-db", "X-Amz-Signature="} {
		if !strings.Contains(token.Reveal(), part) {
			t.Errorf("the token has no %s", part)
		}
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	config, err := rdsauth.TLS("db.example.com", nil)
	if err != nil {
		t.Fatal(err)
	}
	if config.ServerName != "db.example.com" || config.MinVersion < tls.VersionTLS12 || config.InsecureSkipVerify || config.RootCAs == nil {
		t.Errorf("got %+v", config)
	}
	if _, err := rdsauth.TLS("db.example.com", []byte("no certificate")); err == nil {
		t.Error("a file without a certificate is taken")
	}
}
