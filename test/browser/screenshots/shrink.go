package main

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"slices"
)

// paletteSize is what the format has room for, frequent how many of these are the most
// frequent colours. The others are those that are least like them: a small green dot is seen.
const paletteSize, frequent = 256, 192

// shrink leaves of a picture the colours that a palette has room for, and takes the nearest
// for the others, which only smooth the edges of letters. That halves it.
func shrink(picture []byte) ([]byte, error) {
	decoded, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return nil, err
	}
	bounds := decoded.Bounds()
	frequency := make(map[color.Color]int)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			frequency[decoded.At(x, y)]++
		}
	}
	colours := make(color.Palette, 0, len(frequency))
	for c := range frequency {
		colours = append(colours, c)
	}
	slices.SortFunc(colours, func(a, b color.Color) int { return frequency[b] - frequency[a] })
	palette, rest := slices.Clone(colours[:min(len(colours), frequent)]), colours[min(len(colours), frequent):]
	for len(palette) < paletteSize && len(palette) < len(colours) {
		palette = append(palette, slices.MaxFunc(rest, func(a, b color.Color) int { return cmp.Compare(apart(a, palette), apart(b, palette)) }))
	}
	nearest := make(map[color.Color]uint8)
	for _, c := range colours {
		nearest[c] = uint8(palette.Index(c))
	}
	paletted := image.NewPaletted(bounds, palette)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			paletted.SetColorIndex(x, y, nearest[decoded.At(x, y)])
		}
	}
	var small bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, paletted)
	return small.Bytes(), err
}

// apart returns how far a colour is from the nearest one of a palette.
func apart(c color.Color, palette color.Palette) (sum int) {
	r, g, b, _ := c.RGBA()
	nr, ng, nb, _ := palette.Convert(c).RGBA()
	for _, d := range [...]int{int(r) - int(nr), int(g) - int(ng), int(b) - int(nb)} {
		sum += d * d >> 16
	}
	return sum
}
