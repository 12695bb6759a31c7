// Command quic-go is an HTTP/0.9 server and client over quic-go for the interop bench.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	"github.com/quic-go/quic-go/interop/http09"
)

func main() {
	run := map[string]func([]string) error{"serve": serve, "get": get}
	if len(os.Args) < 2 || run[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: quic-go serve|get [flags]")
		os.Exit(2)
	}
	if err := run[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(args []string) error {
	flags := flag.NewFlagSet("serve", flag.ExitOnError)
	root := flags.String("root", "", "directory to serve")
	cert := flags.String("cert", "", "certificate chain, PEM")
	key := flags.String("key", "", "private key, PEM")
	host := flags.String("host", "127.0.0.1", "address to listen on")
	port := flags.Int("port", 0, "UDP port")
	alpn := flags.String("alpn", http09.NextProto, "application protocol to agree to")
	keyLog := flags.String("keylog", "", "NSS key log to append to")
	datagrams := flags.Bool("datagrams", false, "send datagrams back")
	retry := flags.Bool("retry", false, "validate addresses with a Retry")
	patience := flags.Duration("patience", 0, "time for a handshake, and on an idle connection")
	overHTTP3 := flags.Bool("http3", false, "serve over HTTP/3")
	_ = flags.Parse(args)

	certificate, err := tls.LoadX509KeyPair(*cert, *key)
	if err != nil {
		return err
	}
	secrets, err := openKeyLog(*keyLog)
	if err != nil {
		return err
	}
	tlsConfig := &tls.Config{
		Certificates: []tls.Certificate{certificate},
		NextProtos:   []string{*alpn},
		KeyLogWriter: secrets,
	}
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(*host), Port: *port})
	if err != nil {
		return err
	}
	transport := &quic.Transport{
		Conn:                socket,
		VerifySourceAddress: func(net.Addr) bool { return *retry },
	}
	listener, err := transport.ListenEarly(tlsConfig, &quic.Config{
		Allow0RTT:            true,
		EnableDatagrams:      *datagrams,
		HandshakeIdleTimeout: *patience,
		MaxIdleTimeout:       *patience,
	})
	if err != nil {
		return err
	}
	files := http.NewServeMux()
	files.Handle("/", http.FileServer(http.Dir(*root)))
	fmt.Printf("listening on %s\n", socket.LocalAddr())
	if *overHTTP3 {
		return (&http3.Server{Handler: files}).ServeListener(listener)
	}
	if *datagrams {
		return serveWithDatagrams(listener, *root)
	}
	return (&http09.Server{Handler: files}).ServeListener(listener)
}

func get(args []string) error {
	flags := flag.NewFlagSet("get", flag.ExitOnError)
	authority := flags.String("ca", "", "authority to trust, PEM")
	out := flags.String("out", ".", "directory to write to")
	keyLog := flags.String("keylog", "", "NSS key log to append to")
	chacha20 := flags.Bool("chacha20", false, "offer TLS_CHACHA20_POLY1305_SHA256 only")
	handshakeOnly := flags.String("handshake-only", "", "connect with this application protocol and close")
	resume := flags.Bool("resume", false, "fetch the first file, then the others with its session")
	wish := wishes{}
	flags.BoolVar(&wish.early, "early-data", false, "ask in 0-RTT packets of the second connection")
	flags.StringVar(&wish.moveTo, "migrate", "", "move to another port of this address after the first file")
	flags.BoolVar(&wish.datagrams, "datagrams", false, "send datagrams, and take them back")
	flags.BoolVar(&wish.inTwo, "v2", false, "speak QUIC version 2 alone")
	patience := flags.Duration("patience", 0, "time for a handshake, and on an idle connection")
	perFile := flags.Bool("connection-per-file", false, "fetch each file on a connection of its own")
	overHTTP3 := flags.Bool("http3", false, "fetch over HTTP/3")
	version := flags.String("version", "", "QUIC version of the first packet, hexadecimal")
	_ = flags.Parse(args)

	secrets, err := openKeyLog(*keyLog)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	if pem, err := os.ReadFile(*authority); err != nil || !roots.AppendCertsFromPEM(pem) {
		return errors.Join(errors.New("the authority cannot be read"), err)
	}
	if *chacha20 {
		offerOnly(tls.TLS_CHACHA20_POLY1305_SHA256)
	}
	if *version != "" {
		number, err := strconv.ParseUint(*version, 16, 32)
		if err != nil {
			return err
		}
		startWith(quic.Version(number))
	}
	tlsConfig := &tls.Config{RootCAs: roots, KeyLogWriter: secrets}
	if *handshakeOnly != "" {
		tlsConfig.NextProtos = []string{*handshakeOnly}
		return shakeHands(flags.Arg(0), tlsConfig)
	}
	targets := flags.Args()
	config := &quic.Config{HandshakeIdleTimeout: *patience, MaxIdleTimeout: *patience, KeepAlivePeriod: time.Second}
	if *overHTTP3 {
		client := &http3.Transport{TLSClientConfig: tlsConfig, QUICConfig: config}
		defer client.Close()
		return fetchAll(client, targets, *out)
	}
	if *perFile {
		for _, target := range targets {
			if err := fetchOnce(tlsConfig, config, []string{target}, *out); err != nil {
				return err
			}
		}
		return nil
	}
	if *resume {
		tlsConfig.ClientSessionCache = tls.NewLRUClientSessionCache(1)
		if err := fetchOnce(tlsConfig, config, targets[:1], *out); err != nil {
			return err
		}
		targets = targets[1:]
	}
	if wish != (wishes{}) {
		return visit(tlsConfig, targets, *out, wish)
	}
	return fetchOnce(tlsConfig, config, targets, *out)
}

// fetchOnce fetches on one connection.
func fetchOnce(tlsConfig *tls.Config, config *quic.Config, targets []string, out string) error {
	client := &http09.RoundTripper{
		TLSClientConfig: tlsConfig,
		QuicConfig:      config,
	}
	defer client.Close()
	err := fetchAll(client, targets, out)
	if tlsConfig.ClientSessionCache != nil {
		// The ticket may come after the file.
		time.Sleep(100 * time.Millisecond)
	}
	return err
}

// shakeHands connects to the server of a URL and lives long enough for the handshake to be confirmed.
func shakeHands(target string, tlsConfig *tls.Config) error {
	location, err := url.Parse(target)
	if err != nil {
		return err
	}
	connection, err := quic.DialAddr(context.Background(), location.Host, tlsConfig, &quic.Config{})
	if err != nil {
		return err
	}
	time.Sleep(100 * time.Millisecond)
	return connection.CloseWithError(0, "")
}

func fetchAll(client http.RoundTripper, urls []string, out string) error {
	faults := make([]error, len(urls))
	var running sync.WaitGroup
	for i, target := range urls {
		running.Go(func() { faults[i] = fetch(client, target, out) })
	}
	running.Wait()
	for _, fault := range faults {
		if fault != nil {
			return fault
		}
	}
	return nil
}

func fetch(client http.RoundTripper, target, out string) error {
	location, err := url.Parse(target)
	if err != nil {
		return err
	}
	response, err := client.RoundTrip(&http.Request{Method: http.MethodGet, URL: location, Header: http.Header{}})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, path.Base(location.Path)), body, 0o644)
}

// openKeyLog returns a nil writer for an empty path.
func openKeyLog(file string) (io.Writer, error) {
	if file == "" {
		return nil, nil
	}
	return os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
}
