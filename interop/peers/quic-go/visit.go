package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/interop/http09"
)

// wishes are what a connection does besides fetching files, for which the HTTP/0.9 client of quic-go has no words.
type wishes struct {
	early     bool
	moveTo    string
	datagrams bool
	inTwo     bool
}

// visit fetches on one connection, which it has in its own hands.
func visit(tlsConfig *tls.Config, targets []string, out string, wish wishes) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	location, err := url.Parse(targets[0])
	if err != nil {
		return err
	}
	server, err := net.ResolveUDPAddr("udp", location.Host)
	if err != nil {
		return err
	}
	transport, err := openTransport("127.0.0.1")
	if err != nil {
		return err
	}
	tlsConfig = tlsConfig.Clone()
	tlsConfig.NextProtos = []string{http09.NextProto}
	tlsConfig.ServerName = location.Hostname()
	dial := transport.Dial
	if wish.early {
		dial = transport.DialEarly
	}
	config := &quic.Config{EnableDatagrams: wish.datagrams}
	if wish.inTwo {
		config.Versions = []quic.Version{quic.Version2}
	}
	connection, err := dial(ctx, server, tlsConfig, config)
	if err != nil {
		return err
	}
	defer connection.CloseWithError(0, "")
	if wish.moveTo != "" {
		if err := fetchOn(ctx, connection, targets[0], out); err != nil {
			return err
		}
		if err := move(ctx, connection, wish.moveTo); err != nil {
			return err
		}
		targets = targets[1:]
	}
	if err := fetchTogether(ctx, connection, targets, out); err != nil {
		return err
	}
	<-connection.HandshakeComplete()
	if wish.early && !connection.ConnectionState().Used0RTT {
		return errors.New("0-RTT was not used")
	}
	if wish.datagrams {
		return echoDatagrams(ctx, connection)
	}
	return nil
}

func openTransport(host string) (*quic.Transport, error) {
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(host)})
	if err != nil {
		return nil, err
	}
	return &quic.Transport{Conn: socket}, nil
}

// move goes on from another port of an address.
func move(ctx context.Context, connection *quic.Conn, host string) error {
	transport, err := openTransport(host)
	if err != nil {
		return err
	}
	other, err := connection.AddPath(transport)
	if err != nil {
		return err
	}
	if err := other.Probe(ctx); err != nil {
		return err
	}
	return other.Switch()
}

// fetchTogether asks for all targets at once, so that 0-RTT packets carry all requests.
func fetchTogether(ctx context.Context, connection *quic.Conn, targets []string, out string) error {
	faults := make([]error, len(targets))
	var running sync.WaitGroup
	for i, target := range targets {
		running.Go(func() { faults[i] = fetchOn(ctx, connection, target, out) })
	}
	running.Wait()
	return errors.Join(faults...)
}

func fetchOn(ctx context.Context, connection *quic.Conn, target, out string) error {
	location, err := url.Parse(target)
	if err != nil {
		return err
	}
	stream, err := connection.OpenStreamSync(ctx)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(stream, "GET %s\r\n", location.Path); err != nil {
		return err
	}
	if err := stream.Close(); err != nil {
		return err
	}
	body, err := io.ReadAll(stream)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, path.Base(location.Path)), body, 0o644)
}

func echoDatagrams(ctx context.Context, connection *quic.Conn) error {
	for number := range 20 {
		data := bytes.Repeat([]byte{byte(number)}, 100)
		if err := connection.SendDatagram(data); err != nil {
			return err
		}
		echoed, err := connection.ReceiveDatagram(ctx)
		if err != nil {
			return err
		}
		if !bytes.Equal(echoed, data) {
			return errors.New("another datagram came back")
		}
	}
	return nil
}

// serveWithDatagrams serves files, and sends datagrams back.
func serveWithDatagrams(listener *quic.EarlyListener, root string) error {
	for {
		connection, err := listener.Accept(context.Background())
		if err != nil {
			return err
		}
		go func() {
			for {
				data, err := connection.ReceiveDatagram(context.Background())
				if err != nil || connection.SendDatagram(data) != nil {
					return
				}
			}
		}()
		go func() {
			for {
				stream, err := connection.AcceptStream(context.Background())
				if err != nil {
					return
				}
				go answer(stream, root)
			}
		}()
	}
}

func answer(stream *quic.Stream, root string) {
	defer stream.Close()
	request, err := io.ReadAll(stream)
	if err != nil {
		return
	}
	name := strings.TrimSpace(strings.TrimPrefix(string(request), "GET /"))
	body, err := os.ReadFile(filepath.Join(root, path.Base(name)))
	if err == nil {
		_, _ = stream.Write(body)
	}
}
