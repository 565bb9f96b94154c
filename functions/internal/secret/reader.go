package secret

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// API is what a Reader needs of Secrets Manager's client.
type API interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

// Reader reads secrets and keeps each for a while, so that a rotated one is seen
// without asking at every request. It is safe for use by several goroutines.
type Reader struct {
	api   API
	keep  time.Duration
	clock func() time.Time

	lock sync.Mutex
	kept map[string]entry
}

type entry struct {
	value Value
	until time.Time
}

// NewReader makes a Reader that keeps secrets for the duration keep (R1.2: 5 minutes).
func NewReader(api API, keep time.Duration, clock func() time.Time) *Reader {
	return &Reader{api: api, keep: keep, clock: clock, kept: map[string]entry{}}
}

// Get gives the present value of the secret with the ARN or name id. Errors name the
// secret and never its value.
func (r *Reader) Get(ctx context.Context, id string) (Value, error) {
	r.lock.Lock() // held while asking: one question at a time is enough for a function
	defer r.lock.Unlock()
	if found, ok := r.kept[id]; ok && r.clock().Before(found.until) {
		return found.value, nil
	}
	output, err := r.api.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(id)})
	if err != nil {
		return Value{}, fmt.Errorf("read secret %s: %w", id, err)
	}
	if output.SecretString == nil {
		return Value{}, fmt.Errorf("read secret %s: it has no text", id)
	}
	value := New(*output.SecretString)
	r.kept[id] = entry{value: value, until: r.clock().Add(r.keep)}
	return value, nil
}

// Field gives one field of a secret that is a JSON object of texts, such as the
// "password" of a database's master user.
func (r *Reader) Field(ctx context.Context, id, field string) (Value, error) {
	whole, err := r.Get(ctx, id)
	if err != nil {
		return Value{}, err
	}
	var fields map[string]any
	if json.Unmarshal([]byte(whole.Reveal()), &fields) != nil { // its error would quote the secret
		return Value{}, fmt.Errorf("secret %s is no JSON object", id)
	}
	text, ok := fields[field].(string)
	if !ok {
		return Value{}, fmt.Errorf("secret %s has no text %q", id, field)
	}
	return New(text), nil
}

// Forget drops a secret, so that the next Get asks again: for when it was refused where
// it was used.
func (r *Reader) Forget(id string) {
	r.lock.Lock()
	defer r.lock.Unlock()
	delete(r.kept, id)
}
