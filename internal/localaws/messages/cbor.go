package messages

import (
	"encoding/binary"
	"errors"
)

// CBOR's major types (RFC 8949).
const (
	cborBytes  = 2
	cborString = 3
	cborArray  = 4
	cborMap    = 5
	cborTag    = 6
	cborSimple = 7

	cborIndefinite = 31 // additional information: until a break
	cborBreak      = 0xff
	cborDepth      = 16
)

var errCBOR = errors.New("not the CBOR of a request")

// cborText gives the text under a key of the map that body is; empty if there
// is none.
func cborText(body []byte, key string) string {
	d := &cborReader{rest: body}
	found := ""
	err := d.pairs(func(name string) error {
		if name != key {
			return d.skip(0)
		}
		value, err := d.text()
		found = value
		return err
	})
	if err != nil {
		return ""
	}
	return found
}

// cborReader reads what Smithy's clients send, front to back.
type cborReader struct{ rest []byte }

// head reads the type of the next item and its length, count or value.
// indefinite items have none.
func (d *cborReader) head() (major byte, n uint64, indefinite bool, err error) {
	if len(d.rest) == 0 {
		return 0, 0, false, errCBOR
	}
	major, info := d.rest[0]>>5, d.rest[0]&0x1f
	d.rest = d.rest[1:]
	switch {
	case info < 24:
		return major, uint64(info), false, nil
	case info == cborIndefinite:
		return major, 0, true, nil
	case info > 27:
		return 0, 0, false, errCBOR
	}
	width := 1 << (info - 24)
	if len(d.rest) < width {
		return 0, 0, false, errCBOR
	}
	var wide [8]byte
	copy(wide[8-width:], d.rest[:width])
	d.rest = d.rest[width:]
	return major, binary.BigEndian.Uint64(wide[:]), false, nil
}

// pairs calls value for each key of the map that comes next; value reads the
// value.
func (d *cborReader) pairs(value func(key string) error) error {
	major, n, indefinite, err := d.head()
	if err != nil || major != cborMap {
		return errCBOR
	}
	for i := uint64(0); indefinite || i < n; i++ {
		if indefinite && d.end() {
			return nil
		}
		key, err := d.text()
		if err != nil {
			return err
		}
		if err := value(key); err != nil {
			return err
		}
	}
	return nil
}

// end takes a break off, if it is next.
func (d *cborReader) end() bool {
	if len(d.rest) > 0 && d.rest[0] == cborBreak {
		d.rest = d.rest[1:]
		return true
	}
	return false
}

// text reads a string, in one piece or in several.
func (d *cborReader) text() (string, error) {
	major, n, indefinite, err := d.head()
	if err != nil || major != cborString {
		return "", errCBOR
	}
	if !indefinite {
		return d.take(n)
	}
	whole := ""
	for !d.end() {
		major, n, indefinite, err := d.head()
		if err != nil || major != cborString || indefinite {
			return "", errCBOR
		}
		part, err := d.take(n)
		if err != nil {
			return "", err
		}
		whole += part
	}
	return whole, nil
}

func (d *cborReader) take(n uint64) (string, error) {
	if n > uint64(len(d.rest)) {
		return "", errCBOR
	}
	text := string(d.rest[:n])
	d.rest = d.rest[n:]
	return text, nil
}

// skip passes over one item.
func (d *cborReader) skip(depth int) error {
	major, n, indefinite, err := d.head()
	if err != nil || depth > cborDepth {
		return errCBOR
	}
	switch major {
	case cborBytes, cborString:
		if !indefinite {
			_, err := d.take(n)
			return err
		}
	case cborMap:
		n *= 2
	case cborTag:
		return d.skip(depth + 1)
	case cborArray:
	default: // numbers and simple values are in the head
		if major == cborSimple && indefinite {
			return errCBOR // a break without a beginning
		}
		return nil
	}
	for i := uint64(0); indefinite || i < n; i++ {
		if indefinite && d.end() {
			return nil
		}
		if err := d.skip(depth + 1); err != nil {
			return err
		}
	}
	return nil
}
