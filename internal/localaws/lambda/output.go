package lambda

import (
	"bytes"
	"crypto/rand"
	"os"
	"sync"
	"time"
)

const (
	maxLine   = 256 << 10       // bytes of one log event, CloudWatch's limit
	drainTime = 2 * time.Second // for lines that were written to be read
)

// output reads the lines that a process writes to its standard output and
// error.
type output struct {
	reader *os.File
	writer *os.File // the process's end; kept to write marks
	mark   []byte   // ends a line that is none of the process's
	line   func(text string)

	mu    sync.Mutex
	marks []chan struct{} // closed, the oldest first, as the marks are read
}

func newOutput(line func(text string)) (*output, error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	return &output{reader: reader, writer: writer, mark: []byte("\x00" + rand.Text() + "\x00"), line: line}, nil
}

// read gives each line on until close.
func (o *output) read() {
	buffer := make([]byte, 0, 4096)
	for {
		if len(buffer) == cap(buffer) {
			buffer = append(make([]byte, 0, min(2*cap(buffer), maxLine+len(o.mark)+1)), buffer...)
		}
		n, err := o.reader.Read(buffer[len(buffer):cap(buffer)])
		buffer = o.split(buffer[:len(buffer)+n])
		if err != nil {
			if len(buffer) > 0 {
				o.line(string(buffer))
			}
			o.release()
			return
		}
	}
}

// split takes whole lines, and lines that are too long, off the buffer.
func (o *output) split(buffer []byte) []byte {
	rest := buffer
	for {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			break
		}
		text := rest[:end]
		rest = rest[end+1:]
		before, marked := bytes.CutSuffix(text, o.mark)
		if len(before) > 0 || !marked {
			o.line(string(before))
		}
		if marked {
			o.mu.Lock()
			close(o.marks[0])
			o.marks = o.marks[1:]
			o.mu.Unlock()
		}
	}
	if len(rest) >= maxLine {
		o.line(string(rest[:maxLine]))
		rest = rest[maxLine:]
	}
	return append(buffer[:0], rest...)
}

// drain waits until everything that was written before is read: it writes a
// mark behind it.
func (o *output) drain() {
	read := make(chan struct{})
	o.mu.Lock()
	o.marks = append(o.marks, read)
	_, err := o.writer.Write(append(append([]byte(nil), o.mark...), '\n'))
	if err != nil { // closed: nothing comes any more
		o.marks = o.marks[:len(o.marks)-1]
		o.mu.Unlock()
		return
	}
	o.mu.Unlock()
	timeout := time.NewTimer(drainTime)
	defer timeout.Stop()
	select {
	case <-read:
	case <-timeout.C:
	}
}

func (o *output) release() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, read := range o.marks {
		close(read)
	}
	o.marks = nil
}

// close ends read, even while a process that got away holds the other end.
func (o *output) close() {
	_ = o.writer.Close()
	_ = o.reader.Close()
}
