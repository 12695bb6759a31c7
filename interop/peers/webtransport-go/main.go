// Command webtransport-go plays the public runner's cases of WebTransport over webtransport-go for the interop bench.
package main

import (
	"fmt"
	"io"
	"os"
)

func main() {
	run := map[string]func([]string) error{"serve": serveSession, "join": joinSession}
	if len(os.Args) < 2 || run[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: webtransport-go serve|join [flags]")
		os.Exit(2)
	}
	if err := run[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// openKeyLog returns a nil writer for an empty path.
func openKeyLog(file string) (io.Writer, error) {
	if file == "" {
		return nil, nil
	}
	return os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
}
