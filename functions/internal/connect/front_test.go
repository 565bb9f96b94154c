package connect_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/goal-mandala/mandala-deploy/functions/internal/pgtest"
)

// front stands before a database as the network does: it takes connections over TCP,
// with TLS and a password where it has a certificate, and can lose them.
type front struct {
	t        *testing.T
	address  string
	database string // Unix socket
	tls      *tls.Config

	listener net.Listener
	silent   atomic.Bool // drops what comes from the client
	accepted atomic.Int64

	mutex     sync.Mutex
	open      []net.Conn
	startups  []map[string]string // parameters of each connection
	passwords []string
}

func newFront(t *testing.T, database pgtest.Database, config *tls.Config) *front {
	t.Helper()
	f := &front{t: t, address: "127.0.0.1:0", database: filepath.Join(database.Host, ".s.PGSQL.5432"), tls: config}
	f.listen()
	t.Cleanup(f.leave)
	return f
}

func (f *front) listen() {
	f.t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(f.t.Context(), "tcp", f.address)
	if err != nil {
		f.t.Fatal(err)
	}
	f.listener, f.address = listener, listener.Addr().String()
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return // closed
			}
			f.accepted.Add(1)
			go func() { _ = f.serve(client) }() // the client sees what went wrong
		}
	}()
}

func (f *front) port() uint16 {
	return uint16(f.listener.Addr().(*net.TCPAddr).Port) //nolint:gosec // a port
}

// leave stops listening, and loses all connections.
func (f *front) leave() {
	_ = f.listener.Close()
	f.sever()
}

// sever loses all connections that there are.
func (f *front) sever() {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, connection := range f.open {
		_ = connection.Close()
	}
	f.open = nil
}

func (f *front) keep(connections ...net.Conn) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.open = append(f.open, connections...)
}

func (f *front) serve(client net.Conn) error {
	f.keep(client)
	defer client.Close()
	backend := pgproto3.NewBackend(client, client)
	message, err := backend.ReceiveStartupMessage()
	if err != nil {
		return err
	}
	if _, asks := message.(*pgproto3.SSLRequest); asks {
		if f.tls == nil {
			return errors.New("the client asks for TLS")
		}
		if _, err := client.Write([]byte("S")); err != nil {
			return err
		}
		client = tls.Server(client, f.tls)
		backend = pgproto3.NewBackend(client, client)
		if message, err = backend.ReceiveStartupMessage(); err != nil {
			return err
		}
	} else if f.tls != nil {
		return errors.New("the client asks for no TLS")
	}
	if _, cancels := message.(*pgproto3.CancelRequest); cancels {
		return nil // of a statement whose connection was lost
	}
	startup, ok := message.(*pgproto3.StartupMessage)
	if !ok {
		return fmt.Errorf("begins with %T", message)
	}
	password := ""
	if f.tls != nil {
		if password, err = ask(backend); err != nil {
			return err
		}
	}
	f.mutex.Lock()
	f.startups, f.passwords = append(f.startups, startup.Parameters), append(f.passwords, password)
	f.mutex.Unlock()
	return f.join(client, startup)
}

// ask wants a password, as RDS does.
func ask(backend *pgproto3.Backend) (string, error) {
	backend.Send(&pgproto3.AuthenticationCleartextPassword{})
	if err := backend.Flush(); err != nil {
		return "", err
	}
	if err := backend.SetAuthType(pgproto3.AuthTypeCleartextPassword); err != nil {
		return "", err
	}
	message, err := backend.Receive()
	if err != nil {
		return "", err
	}
	answer, ok := message.(*pgproto3.PasswordMessage)
	if !ok {
		return "", fmt.Errorf("answers %T", message)
	}
	return answer.Password, nil
}

// join lets the client speak to the database, which trusts it.
func (f *front) join(client net.Conn, startup *pgproto3.StartupMessage) error {
	var dialer net.Dialer
	server, err := dialer.DialContext(f.t.Context(), "unix", f.database)
	if err != nil {
		return err
	}
	f.keep(server)
	first, err := startup.Encode(nil)
	if err != nil {
		return err
	}
	if _, err := server.Write(first); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	}()
	_, err = io.Copy(valve{server, &f.silent}, client)
	_ = server.Close()
	return err
}

// valve passes on what is written, or loses it.
type valve struct {
	io.Writer
	closed *atomic.Bool
}

func (v valve) Write(p []byte) (int, error) {
	if v.closed.Load() {
		return len(p), nil
	}
	return v.Writer.Write(p)
}

// certify makes a certificate for 127.0.0.1, and the file of who signed it.
func certify(t *testing.T) (*tls.Config, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	certificate := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	signed, err := x509.CreateCertificate(rand.Reader, certificate, certificate, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}), 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{signed}, PrivateKey: key}}}, file
}
