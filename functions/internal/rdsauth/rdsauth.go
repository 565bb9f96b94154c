// Package rdsauth signs in to Amazon RDS with IAM over TLS: tokens in place of a
// password, and the authorities that sign the certificates of RDS.
package rdsauth

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/rds/auth"

	"github.com/goal-mandala/mandala-deploy/functions/internal/secret"
)

// authorities are those of https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem,
// which no system trusts by itself.
//
//go:embed authorities.pem
var authorities []byte

// Tokens makes a token for each connection. It is signed here, without a request, and
// good for 15 minutes.
type Tokens struct {
	Host        string
	Port        uint16
	Region      string
	User        string
	Credentials aws.CredentialsProvider
}

// Password is a new token.
func (t Tokens) Password(ctx context.Context) (secret.Value, error) {
	endpoint := net.JoinHostPort(t.Host, strconv.Itoa(int(t.Port)))
	token, err := auth.BuildAuthToken(ctx, endpoint, t.Region, t.User, t.Credentials)
	if err != nil {
		return secret.Value{}, fmt.Errorf("make a token for %s at %s: %w", t.User, endpoint, err)
	}
	return secret.New(token), nil
}

// TLS trusts the authorities of RDS, and those in extra (PEM, may be empty), to say
// that the database is host.
func TLS(host string, extra []byte) (*tls.Config, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authorities) {
		return nil, errors.New("the authorities of RDS cannot be read")
	}
	if len(extra) > 0 && !pool.AppendCertsFromPEM(extra) {
		return nil, errors.New("the file of further authorities has no PEM certificate")
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool, ServerName: host}, nil
}
