package browser

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
)

// images is where the documents have their pictures.
const images = "../../docs/images"

// mostBytes is how large a picture of the documents may be.
const mostBytes = 200_000

// TestPictures makes the pictures of the documents with -update, and else holds them to
// their size: what they show is held by the other tests.
func TestPictures(t *testing.T) {
	t.Parallel()
	s := &source{running: true}
	for name, address := range map[string]string{"report": deployment(t, 200, false), "report-failed": deployment(t, 60, true), "report-timeline": deployment(t, 200, false) + "#timeline", "plan": plan(t, 60), "dashboard": serve(t, s)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(images, name+".png")
			p := newTab(t)
			p.media("prefers-reduced-motion", "reduce") // no picture of a page on its way
			p.open(address)
			body, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
			if err != nil {
				t.Fatal(err)
			}
			body = smaller(t, body)
			if len(body) > mostBytes {
				t.Errorf("%d bytes", len(body))
			}
			if *update {
				if err := os.WriteFile(file, body, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			kept, err := os.Open(file)
			if err != nil {
				t.Fatalf("%v: go test ./test/browser -run TestPictures -update makes it", err)
			}
			defer kept.Close()
			shown, err := png.DecodeConfig(kept)
			if err != nil || shown.Width != 1280 || shown.Height != 800 {
				t.Errorf("%s is %d by %d: %v", file, shown.Width, shown.Height, err)
			}
			if info, err := kept.Stat(); err != nil || info.Size() > mostBytes {
				t.Errorf("%s is larger than %d bytes: %v", file, mostBytes, err)
			}
		})
	}
}

// smaller keeps the most frequent colours of a picture: of a page's text and surfaces no
// eye misses the others.
func smaller(t *testing.T, body []byte) []byte {
	t.Helper()
	full, err := png.Decode(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	counts := map[color.RGBA]int{}
	bounds := full.Bounds()
	at := func(x, y int) color.RGBA {
		c, _ := color.RGBAModel.Convert(full.At(x, y)).(color.RGBA)
		return color.RGBA{c.R&^3 | c.R>>6, c.G&^3 | c.G>>6, c.B&^3 | c.B>>6, 255}
	}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			counts[at(x, y)]++
		}
	}
	frequent := make([]color.RGBA, 0, len(counts))
	for c := range counts {
		frequent = append(frequent, c)
	}
	slices.SortFunc(frequent, func(a, b color.RGBA) int { return counts[b] - counts[a] })
	const most = 256
	var palette color.Palette
	for _, c := range frequent[:min(len(frequent), most)] {
		palette = append(palette, c)
	}
	nearest := map[color.RGBA]uint8{}
	paletted := image.NewPaletted(bounds, palette)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			c := at(x, y)
			index, known := nearest[c]
			if !known {
				index = uint8(palette.Index(c)) //nolint:gosec // a palette has 256 colours at most
				nearest[c] = index
			}
			paletted.SetColorIndex(x, y, index)
		}
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, paletted); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
