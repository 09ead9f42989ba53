package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"
)

func TestAPictureKeepsItsFrequentColours(t *testing.T) {
	const size = 100
	many := image.NewRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			c := color.RGBA{200, 30, 30, 255}
			if y < 4 {
				c = color.RGBA{uint8(x), uint8(y), 0, 255} // 400 colours that come once
			}
			many.Set(x, y, c)
		}
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, many); err != nil {
		t.Fatal(err)
	}
	small, err := shrink(picture.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	got, err := png.Decode(bytes.NewReader(small))
	if err != nil {
		t.Fatal(err)
	}
	paletted, ok := got.(*image.Paletted)
	if !ok || len(paletted.Palette) != 256 {
		t.Fatalf("it is a %T", got)
	}
	for y := range size {
		for x := range size {
			r, g, b, _ := got.At(x, y).RGBA()
			want := many.RGBAAt(x, y)
			if off := max(distance(r, want.R), distance(g, want.G), distance(b, want.B)); off > 0 && y >= 4 || off > 99 {
				t.Fatalf("at %d, %d there is %v instead of %v", x, y, got.At(x, y), want)
			}
		}
	}
	if _, err := shrink([]byte("no picture")); err == nil {
		t.Error("what is no picture is taken")
	}
}

func distance(a uint32, b uint8) int { return max(int(a>>8)-int(b), int(b)-int(a>>8)) }
