// Package enginetest holds stand-ins for the engine's ports that tests of
// several packages share.
package enginetest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// Op names an operation of a store.
type Op string

// The operations of engine.Store.
const (
	Get    Op = "get"
	Put    Op = "put"
	Delete Op = "delete"
	List   Op = "list"
)

// Call is one operation as a hook sees it. Key is the prefix of a List.
type Call struct {
	Op        Op
	Key       string
	Body      []byte           // of a Put
	Condition engine.Condition // of a Put or a Delete
}

// Hook looks at a call and may fail it. It runs outside the store's lock, so
// it may block, sleep or use the store itself.
type Hook func(ctx context.Context, call Call) error

// MemoryStore is an engine.Store in memory with S3's conditions. Its ETags are
// never used twice, also not for equal bodies: like S3 with KMS. The zero value
// is empty and ready; it is safe for concurrent use.
type MemoryStore struct {
	// Now stamps objects; time.Now when nil. Set it before the first use.
	Now func() time.Time

	mu      sync.Mutex
	objects map[string]engine.Object
	writes  int
	before  Hook
	after   Hook
}

var _ engine.Store = (*MemoryStore)(nil)

// Before sets a hook that runs ahead of each operation: when it fails, the
// operation fails and changes nothing (the request was lost).
func (s *MemoryStore) Before(hook Hook) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = hook
}

// After sets a hook that runs after each operation that succeeded: when it
// fails, the caller sees the error although the change was made (the answer
// was lost).
func (s *MemoryStore) After(hook Hook) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.after = hook
}

// Get gives a copy of an object.
func (s *MemoryStore) Get(ctx context.Context, key string) (engine.Object, error) {
	var object engine.Object
	err := s.do(ctx, Call{Op: Get, Key: key}, func() error {
		stored, ok := s.objects[key]
		if !ok {
			return fmt.Errorf("get %s: %w", key, engine.ErrNotFound)
		}
		object = stored
		object.Body = bytes.Clone(stored.Body)
		return nil
	})
	if err != nil {
		return engine.Object{}, err
	}
	return object, nil
}

// Put writes an object if the condition holds.
func (s *MemoryStore) Put(ctx context.Context, key string, body []byte, condition engine.Condition) (string, error) {
	var etag string
	err := s.do(ctx, Call{Op: Put, Key: key, Body: body, Condition: condition}, func() error {
		stored, exists := s.objects[key]
		if (condition.Absent && exists) || (condition.ETag != "" && stored.ETag != condition.ETag) {
			return fmt.Errorf("put %s: %w", key, engine.ErrPrecondition)
		}
		s.writes++
		etag = fmt.Sprintf(`"%08d"`, s.writes)
		if s.objects == nil {
			s.objects = map[string]engine.Object{}
		}
		s.objects[key] = engine.Object{Body: bytes.Clone(body), ETag: etag, Modified: s.now()}
		return nil
	})
	if err != nil {
		return "", err
	}
	return etag, nil
}

// Delete removes an object if it has the ETag given, or in any case for "".
func (s *MemoryStore) Delete(ctx context.Context, key, ifETag string) error {
	return s.do(ctx, Call{Op: Delete, Key: key, Condition: engine.Condition{ETag: ifETag}}, func() error {
		stored, exists := s.objects[key]
		if exists && ifETag != "" && stored.ETag != ifETag {
			return fmt.Errorf("delete %s: %w", key, engine.ErrPrecondition)
		}
		delete(s.objects, key)
		return nil
	})
}

// List gives the keys with a prefix in order.
func (s *MemoryStore) List(ctx context.Context, prefix string) ([]string, error) {
	var keys []string
	err := s.do(ctx, Call{Op: List, Key: prefix}, func() error {
		for _, key := range slices.Sorted(maps.Keys(s.objects)) {
			if strings.HasPrefix(key, prefix) {
				keys = append(keys, key)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return keys, nil
}

func (s *MemoryStore) do(ctx context.Context, call Call, operation func() error) error {
	s.mu.Lock()
	before, after := s.before, s.after
	s.mu.Unlock()
	if before != nil {
		if err := before(ctx, call); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	err := operation()
	s.mu.Unlock()
	if err != nil {
		return err
	}
	if after != nil {
		return after(ctx, call)
	}
	return nil
}

func (s *MemoryStore) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}
