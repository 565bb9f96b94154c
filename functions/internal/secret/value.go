// Package secret reads secrets of AWS Secrets Manager and keeps them out of logs.
package secret

import "log/slog"

// redacted stands for a value wherever something prints it.
const redacted = "[redacted]"

// Value is a secret. Printing, logging and marshalling it gives "[redacted]"; Reveal
// gives the secret itself.
type Value struct{ text string }

// New makes a text a secret.
func New(text string) Value { return Value{text: text} }

// Reveal is the secret: for where it is used, and nowhere else.
func (v Value) Reveal() string { return v.text }

// Empty says whether there is no secret.
func (v Value) Empty() bool { return v.text == "" }

// String redacts.
func (v Value) String() string { return redacted }

// GoString redacts for %#v.
func (v Value) GoString() string { return redacted }

// LogValue redacts for slog.
func (v Value) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON redacts.
func (v Value) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText redacts.
func (v Value) MarshalText() ([]byte, error) { return []byte(redacted), nil }
