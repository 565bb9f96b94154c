package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
)

// longestKey is the longest Idempotency-Key, in characters.
const longestKey = 128

// repeatable is the id of the task that a request with an Idempotency-Key makes: always
// the same for the same user, key and fields, so that the row itself remembers that it
// was made. The same key with other fields is another task: nothing a user wrote gets
// lost to a key that was used twice. Without a key it is "", for an id of the database.
func repeatable(request *httpapi.Request, patch domain.TaskPatch) (domain.ID, error) {
	key := request.Header("Idempotency-Key")
	if key == "" {
		return "", nil
	}
	if len(key) > longestKey || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", httpapi.BadRequest(fmt.Sprintf("The Idempotency-Key must have at most %d characters of ASCII without spaces.", longestKey))
	}
	fields, err := json.Marshal(patch)
	if err != nil {
		return "", err
	}
	// Neither an id nor a key has a line break.
	sum := sha256.Sum256([]byte(string(request.Caller.ID) + "\n" + key + "\n" + string(fields)))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // version 8 of RFC 9562: made in a way of one's own
	text := hex.EncodeToString(sum[:16])
	return domain.ID(strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-")), nil
}
