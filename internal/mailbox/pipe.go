package mailbox

import (
	"bufio"
	"context"
	"io"
)

// interruptible reads what may let a reader wait for ever, a terminal or a pipe,
// so that the wait ends with ctx. It is at most two buffers ahead.
func (r *Reader) interruptible(ctx context.Context, in io.Reader, closeIn func() error) *source {
	ctx, cancel := context.WithCancel(ctx)
	p := &pipe{ctx: ctx, waiting: r.Waiting, chunks: make(chan chunk)}
	go p.fill(in)
	return &source{bufio.NewReaderSize(p, readAhead), func() error {
		cancel()
		return closeIn()
	}}
}

type pipe struct {
	ctx     context.Context
	waiting func()
	chunks  chan chunk
	rest    chunk
}

type chunk struct {
	data []byte
	err  error
}

// fill reads into one buffer while the other is being used. It may outlive the
// source, in a read that never returns.
func (p *pipe) fill(in io.Reader) {
	buffers := [2][]byte{make([]byte, readAhead), make([]byte, readAhead)}
	for i := 0; ; i ^= 1 {
		n, err := in.Read(buffers[i])
		if n == 0 && err == nil {
			continue
		}
		select {
		case p.chunks <- chunk{buffers[i][:n], err}:
		case <-p.ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// Read implements io.Reader.
func (p *pipe) Read(to []byte) (int, error) {
	if len(p.rest.data) == 0 && p.rest.err == nil {
		select {
		case p.rest = <-p.chunks:
		default:
			if p.waiting != nil {
				p.waiting()
			}
			select {
			case p.rest = <-p.chunks:
			case <-p.ctx.Done():
				return 0, p.ctx.Err()
			}
		}
	}
	n := copy(to, p.rest.data)
	p.rest.data = p.rest.data[n:]
	if len(p.rest.data) > 0 {
		return n, nil
	}
	return n, p.rest.err
}
