package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	"github.com/quic-go/webtransport-go"
)

// part is what one side does in a session of WebTransport, in the words of the public runner.
type part struct {
	task      string
	protocols string
	endpoint  string
	root      string
	downloads string
	names     []string
}

func (p *part) flagsOf(flags *flag.FlagSet) {
	flags.StringVar(&p.task, "task", "", "TESTCASE of the public runner")
	flags.StringVar(&p.protocols, "protocols", "", "application protocols, best first, separated by commas")
	flags.StringVar(&p.endpoint, "endpoint", "", "path of the session")
	flags.StringVar(&p.root, "root", "", "directory whose folder ENDPOINT may be asked for")
	flags.StringVar(&p.downloads, "downloads", "", "directory to write to")
}

var sessionConfig = &quic.Config{
	EnableDatagrams:                  true,
	EnableStreamResetPartialDelivery: true,
	KeepAlivePeriod:                  time.Second,
}

// serveSession plays the part of a server in each session.
func serveSession(args []string) error {
	flags := flag.NewFlagSet("serve", flag.ExitOnError)
	own := part{}
	own.flagsOf(flags)
	cert := flags.String("cert", "", "certificate chain, PEM")
	key := flags.String("key", "", "private key, PEM")
	host := flags.String("host", "127.0.0.1", "address to listen on")
	port := flags.Int("port", 0, "UDP port")
	keyLog := flags.String("keylog", "", "NSS key log to append to")
	_ = flags.Parse(args)
	own.names = flags.Args()

	certificate, err := tls.LoadX509KeyPair(*cert, *key)
	if err != nil {
		return err
	}
	secrets, err := openKeyLog(*keyLog)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	h3 := &http3.Server{
		TLSConfig:  &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{http3.NextProtoH3}, KeyLogWriter: secrets},
		QUICConfig: sessionConfig,
		Handler:    mux,
	}
	webtransport.ConfigureHTTP3Server(h3)
	server := &webtransport.Server{
		H3:                   h3,
		ApplicationProtocols: strings.Split(own.protocols, ","),
		CheckOrigin:          func(*http.Request) bool { return true },
	}
	mux.HandleFunc("/"+own.endpoint, func(writer http.ResponseWriter, request *http.Request) {
		session, err := server.Upgrade(writer, request)
		if err != nil {
			fmt.Fprintln(os.Stderr, "no session:", err)
			writer.WriteHeader(http.StatusInternalServerError)
			return
		}
		if err := own.play(session); err != nil {
			fmt.Fprintln(os.Stderr, err)
			_ = session.CloseWithError(1, "")
		} else if own.carrier() != "" {
			_ = session.CloseWithError(0, "")
		}
	})
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(*host), Port: *port})
	if err != nil {
		return err
	}
	fmt.Printf("listening on %s\n", socket.LocalAddr())
	return server.Serve(socket)
}

// joinSession plays the part of a client.
func joinSession(args []string) error {
	flags := flag.NewFlagSet("join", flag.ExitOnError)
	own := part{}
	own.flagsOf(flags)
	authority := flags.String("ca", "", "authority to trust, PEM")
	address := flags.String("address", "", "host and port of the server")
	keyLog := flags.String("keylog", "", "NSS key log to append to")
	_ = flags.Parse(args)
	own.names = flags.Args()

	secrets, err := openKeyLog(*keyLog)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	if pem, err := os.ReadFile(*authority); err != nil || !roots.AppendCertsFromPEM(pem) {
		return errors.Join(errors.New("the authority cannot be read"), err)
	}
	dialer := &webtransport.Transport{
		TLSClientConfig:      &tls.Config{RootCAs: roots, NextProtos: []string{http3.NextProtoH3}, KeyLogWriter: secrets},
		QUICConfig:           sessionConfig,
		ApplicationProtocols: strings.Split(own.protocols, ","),
	}
	defer dialer.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, session, err := dialer.Dial(ctx, "https://"+*address+"/"+own.endpoint, nil)
	if err != nil {
		return err
	}
	defer session.CloseWithError(0, "")
	return own.play(session)
}

// carrier is what files are asked for by; none where this side asks for none.
func (p *part) carrier() string {
	words := strings.Split(p.task, "-")
	if len(words) < 3 {
		return ""
	}
	return words[1]
}

// play returns when the part of this side is done; where it answers requests, that is the end of the session.
func (p *part) play(session *webtransport.Session) error {
	if p.task == "handshake" {
		path := filepath.Join(p.downloads, "negotiated_protocol.txt")
		return os.WriteFile(path, []byte(session.SessionState().ApplicationProtocol), 0o644)
	}
	if p.carrier() == "" {
		p.answer(session)
		return nil
	}
	if err := os.MkdirAll(filepath.Join(p.downloads, p.endpoint), 0o755); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	switch p.carrier() {
	case "bidirectional":
		return together(p.names, func(name string) error { return p.askOnStream(ctx, session, name) })
	case "unidirectional":
		return p.askForPushes(ctx, session)
	default:
		return p.askInDatagrams(ctx, session)
	}
}

// together does something for each name, all at once.
func together(names []string, do func(string) error) error {
	faults := make([]error, len(names))
	var running sync.WaitGroup
	for i, name := range names {
		running.Go(func() { faults[i] = do(name) })
	}
	running.Wait()
	return errors.Join(faults...)
}

func (p *part) askOnStream(ctx context.Context, session *webtransport.Session, name string) error {
	stream, err := session.OpenStreamSync(ctx)
	if err != nil {
		return err
	}
	if _, err := stream.Write([]byte("GET " + name)); err != nil {
		return err
	}
	if err := stream.Close(); err != nil {
		return err
	}
	body, err := io.ReadAll(stream)
	if err != nil {
		return err
	}
	return p.store(name, body)
}

func (p *part) askForPushes(ctx context.Context, session *webtransport.Session) error {
	asked := make(chan error, 1)
	go func() {
		asked <- together(p.names, func(name string) error {
			stream, err := session.OpenUniStreamSync(ctx)
			if err != nil {
				return err
			}
			if _, err := stream.Write([]byte("GET " + name)); err != nil {
				return err
			}
			return stream.Close()
		})
	}()
	came := together(p.names, func(string) error {
		stream, err := session.AcceptUniStream(ctx)
		if err != nil {
			return err
		}
		push, err := io.ReadAll(stream)
		if err != nil {
			return err
		}
		_, err = p.storePush(push)
		return err
	})
	return errors.Join(<-asked, came)
}

// askInDatagrams has ten requests under way, and makes each again that is not answered.
func (p *part) askInDatagrams(ctx context.Context, session *webtransport.Session) error {
	pushes := make(chan []byte, 100)
	go func() {
		for {
			push, err := session.ReceiveDatagram(ctx)
			if err != nil {
				close(pushes)
				return
			}
			pushes <- push
		}
	}()
	missing := p.names
	askedAt := map[string]time.Time{}
	for len(missing) > 0 {
		for _, name := range missing[:min(10, len(missing))] {
			if time.Since(askedAt[name]) < time.Second/2 {
				continue
			}
			askedAt[name] = time.Now()
			if err := session.SendDatagram([]byte("GET " + name)); err != nil {
				return err
			}
		}
		select {
		case push, isOpen := <-pushes:
			if !isOpen {
				return errors.New("the session ended before every file was pushed")
			}
			name, err := p.storePush(push)
			if err != nil {
				return err
			}
			missing = without(missing, name)
		case <-time.After(100 * time.Millisecond):
		}
	}
	return nil
}

func without(names []string, name string) []string {
	left := make([]string, 0, len(names))
	for _, other := range names {
		if other != name {
			left = append(left, other)
		}
	}
	return left
}

// answer sends what is asked for until the session is over.
func (p *part) answer(session *webtransport.Session) {
	var running sync.WaitGroup
	defer running.Wait()
	report := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, "no answer:", err)
		}
	}
	running.Go(func() {
		for {
			stream, err := session.AcceptStream(context.Background())
			if err != nil {
				return
			}
			go func() { report(p.answerOnStream(stream)) }()
		}
	})
	running.Go(func() {
		for {
			stream, err := session.AcceptUniStream(context.Background())
			if err != nil {
				return
			}
			go func() { report(p.answerByStream(session, stream)) }()
		}
	})
	running.Go(func() {
		for {
			request, err := session.ReceiveDatagram(context.Background())
			if err != nil {
				return
			}
			push, err := p.pushFor(request)
			if err == nil {
				err = session.SendDatagram(push)
			}
			report(err)
		}
	})
}

func (p *part) answerOnStream(stream *webtransport.Stream) error {
	defer stream.Close()
	request, err := io.ReadAll(stream)
	if err != nil {
		return err
	}
	_, body, err := p.find(request)
	if err != nil {
		return err
	}
	_, err = stream.Write(body)
	return err
}

func (p *part) answerByStream(session *webtransport.Session, stream *webtransport.ReceiveStream) error {
	request, err := io.ReadAll(stream)
	if err != nil {
		return err
	}
	push, err := p.pushFor(request)
	if err != nil {
		return err
	}
	back, err := session.OpenUniStreamSync(context.Background())
	if err != nil {
		return err
	}
	defer back.Close()
	_, err = back.Write(push)
	return err
}

func (p *part) pushFor(request []byte) ([]byte, error) {
	name, body, err := p.find(request)
	if err != nil {
		return nil, err
	}
	return append([]byte("PUSH "+name+"\n"), body...), nil
}

func (p *part) find(request []byte) (string, []byte, error) {
	name, isRequest := strings.CutPrefix(strings.TrimSpace(string(request)), "GET ")
	if !isRequest {
		return "", nil, errors.New("what came is no request")
	}
	body, err := os.ReadFile(filepath.Join(p.root, p.endpoint, filepath.Base(name)))
	return name, body, err
}

func (p *part) storePush(push []byte) (string, error) {
	line, body, _ := bytes.Cut(push, []byte("\n"))
	name, isPush := strings.CutPrefix(string(line), "PUSH ")
	if !isPush {
		return "", errors.New("what came is no PUSH")
	}
	return name, p.store(name, body)
}

func (p *part) store(name string, body []byte) error {
	return os.WriteFile(filepath.Join(p.downloads, p.endpoint, filepath.Base(name)), body, 0o644)
}
