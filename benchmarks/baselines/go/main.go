// Command quic-go is the baselines' server and client over quic-go: `serve CERT KEY`, or `WORK PORT CA …`. A client connects
// and warms up, prints `ready`, reads a line, works, prints its result as JSON, and stays until its standard input ends.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quic-go/quic-go"
)

const (
	alpn           = "perf"
	warmBytes      = 4_000_000
	warmRequests   = 300
	warmHandshakes = 30
)

var config = &quic.Config{MaxIdleTimeout: 120 * time.Second, Allow0RTT: true, MaxIncomingStreams: 1000}

var zeros = make([]byte, 65_536)

func main() {
	run := client
	if os.Args[1] == "serve" {
		run = serve
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(args []string) error {
	certificate, err := tls.LoadX509KeyPair(args[1], args[2])
	if err != nil {
		return err
	}
	settings := &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{alpn}}
	listener, err := quic.ListenAddrEarly("127.0.0.1:0", settings, config)
	if err != nil {
		return err
	}
	fmt.Printf("listening on %s\n", listener.Addr())
	for {
		connection, err := listener.Accept(context.Background())
		if err != nil {
			return err
		}
		go func() {
			for {
				stream, err := connection.AcceptStream(context.Background())
				if err != nil {
					return
				}
				go answer(stream)
			}
		}()
	}
}

// answer reads a whole request, whose first eight bytes ask for so many bytes back.
func answer(stream *quic.Stream) {
	defer stream.Close()
	var head [8]byte
	if _, err := io.ReadFull(stream, head[:]); err != nil {
		return
	}
	if _, err := io.Copy(io.Discard, stream); err != nil {
		return
	}
	_ = send(stream, int64(binary.BigEndian.Uint64(head[:])))
}

func send(stream *quic.Stream, left int64) error {
	for left > 0 {
		count, err := stream.Write(zeros[:min(left, int64(len(zeros)))])
		if err != nil {
			return err
		}
		left -= int64(count)
	}
	return nil
}

type dialer struct {
	address  string
	settings *tls.Config
}

func (d dialer) open() (*quic.Conn, error) {
	return quic.DialAddr(context.Background(), d.address, d.settings, config)
}

func exchange(connection *quic.Conn, up, down int64) error {
	stream, err := connection.OpenStreamSync(context.Background())
	if err != nil {
		return err
	}
	var head [8]byte
	binary.BigEndian.PutUint64(head[:], uint64(down))
	if _, err := stream.Write(head[:]); err != nil {
		return err
	}
	if err := send(stream, up); err != nil {
		return err
	}
	if err := stream.Close(); err != nil {
		return err
	}
	count, err := io.Copy(io.Discard, stream)
	if err == nil && count != down {
		err = fmt.Errorf("%d bytes came instead of %d", count, down)
	}
	return err
}

func client(args []string) error {
	roots := x509.NewCertPool()
	if pem, err := os.ReadFile(args[2]); err != nil || !roots.AppendCertsFromPEM(pem) {
		return errors.Join(errors.New("the authority cannot be read"), err)
	}
	dial := dialer{"127.0.0.1:" + args[1], &tls.Config{RootCAs: roots, NextProtos: []string{alpn}}}
	count, err := strconv.ParseInt(args[3], 10, 64)
	if err != nil {
		return err
	}
	second := ""
	if len(args) > 4 {
		second = args[4]
	}
	times := 1.0
	if words := os.Getenv("BASELINE_WARM"); words != "" {
		if times, err = strconv.ParseFloat(words, 64); err != nil {
			return err
		}
	}
	warm, work, err := prepare(dial, args[0], count, second, times)
	if err != nil {
		return err
	}
	if err := warm(); err != nil {
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	fmt.Println("ready")
	lines.Scan()
	begun := time.Now()
	if err := work(); err != nil {
		return err
	}
	result, _ := json.Marshal(map[string]any{"seconds": time.Since(begun).Seconds(), "done": count})
	fmt.Println(string(result))
	lines.Scan()
	return nil
}

func prepare(dial dialer, work string, count int64, second string, times float64) (func() error, func() error, error) {
	warm := func(usual float64) int64 { return int64(usual * times) }
	switch work {
	case "handshakes":
		dial.settings.ClientSessionCache = nil
		if second == "resumed" || second == "early" {
			dial.settings.ClientSessionCache = tls.NewLRUClientSessionCache(8)
		}
		return func() error { return handshakes(dial, warm(warmHandshakes), second) },
			func() error { return handshakes(dial, count, second) }, nil
	case "idle":
		return func() error { return nil }, func() error { return idle(dial, count) }, nil
	}
	connection, err := dial.open()
	if err != nil {
		return nil, nil, err
	}
	switch work {
	case "download":
		return func() error { return exchange(connection, 0, warm(warmBytes)) },
			func() error { return exchange(connection, 0, count) }, nil
	case "upload":
		return func() error { return exchange(connection, warm(warmBytes), 0) },
			func() error { return exchange(connection, count, 0) }, nil
	case "requests":
		parallel, err := strconv.Atoi(second)
		return func() error { return requests(connection, warm(warmRequests), parallel) },
			func() error { return requests(connection, count, parallel) }, err
	}
	return nil, nil, fmt.Errorf("no work %s", work)
}

func requests(connection *quic.Conn, count int64, parallel int) error {
	var begun atomic.Int64
	var running sync.WaitGroup
	faults := make(chan error, parallel)
	for range parallel {
		running.Go(func() {
			for begun.Add(1) <= count {
				if err := exchange(connection, 0, 1024); err != nil {
					faults <- err
					return
				}
			}
		})
	}
	running.Wait()
	select {
	case err := <-faults:
		return err
	default:
		return nil
	}
}

func handshakes(dial dialer, count int64, kind string) error {
	for range count {
		connect := dial.open
		if kind == "early" {
			connect = func() (*quic.Conn, error) {
				return quic.DialAddrEarly(context.Background(), dial.address, dial.settings, config)
			}
		}
		connection, err := connect()
		if err != nil {
			return err
		}
		// Its answer comes after the ticket, which the next one may need.
		if err := exchange(connection, 0, 1); err != nil {
			return err
		}
		if err := connection.CloseWithError(0, ""); err != nil {
			return err
		}
	}
	return nil
}

var held []*quic.Conn

func idle(dial dialer, count int64) error {
	for range count {
		connection, err := dial.open()
		if err != nil {
			return err
		}
		if err := exchange(connection, 0, 1000); err != nil {
			return err
		}
		held = append(held, connection)
	}
	return nil
}
