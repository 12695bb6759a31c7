package main

import (
	_ "unsafe" // for linkname

	"github.com/quic-go/quic-go"
)

// Neither crypto/tls nor quic-go has an option for these two, and the tests of both set them this way.

//go:linkname defaultSuites crypto/tls.defaultCipherSuitesTLS13
var defaultSuites []uint16

//go:linkname defaultSuitesWithoutAES crypto/tls.defaultCipherSuitesTLS13NoAES
var defaultSuitesWithoutAES []uint16

//go:linkname supportedVersions github.com/quic-go/quic-go/internal/protocol.SupportedVersions
var supportedVersions []quic.Version

// offerOnly makes every later ClientHello offer one TLS 1.3 cipher suite.
func offerOnly(suite uint16) {
	defaultSuites = []uint16{suite}
	defaultSuitesWithoutAES = []uint16{suite}
}

// startWith makes every later connection begin with this version; the real ones remain to fall back to.
func startWith(version quic.Version) {
	supportedVersions = append([]quic.Version{version}, supportedVersions...)
}
