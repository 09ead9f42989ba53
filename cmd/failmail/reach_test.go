package main

import "testing"

func TestAnAddressIsCompletedWithTheUsualPort(t *testing.T) {
	for address, want := range map[string]string{
		"proxy.example": "proxy.example:8025", "9000": "localhost:9000", "proxy.example:9000": "proxy.example:9000", "[::1]:9000": "[::1]:9000",
		"https://failmail.example/": "https://failmail.example/", "unix:/run/failmail": "unix:/run/failmail", "": "",
	} {
		if got := withPort(address, defaultBindHTTP); got != want {
			t.Errorf("%q is completed to %q, want %q", address, got, want)
		}
	}
}
