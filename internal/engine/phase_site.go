package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

const (
	// assetCaching is for files whose name changes with their content: a year.
	assetCaching = "public, max-age=31536000, immutable"
	// entryCaching is for all others: R1.3 gives HTML five minutes.
	entryCaching = "public, max-age=300"
)

// siteBucket gives the bucket of the site's files.
func (d *deployment) siteBucket() (string, error) {
	bucket, ok := textOutput(d.outputs, outputSiteBucket)
	if !ok {
		return "", &problem.Error{Code: problem.MissingOutput, Where: d.engine.settingsFile(),
			What: fmt.Sprintf("%s has a site deployed (frontend.source), but the root has no output %s", d.engine.name(), outputSiteBucket)}
	}
	return bucket, nil
}

// putAssets uploads the immutable files that are not there: nobody asks for them
// before an entry names them.
func (d *deployment) putAssets(ctx context.Context) (string, error) {
	bucket, err := d.siteBucket()
	if err != nil {
		return "", err
	}
	manifest := d.bundle.Manifest
	changes, err := d.engine.compareSite(ctx, bucket, manifest)
	if err != nil {
		return "", err
	}
	if err := d.engine.putSite(ctx, d.bundle, bucket, changes.assets, assetCaching); err != nil {
		return "", err
	}
	d.assets = len(changes.assets)
	return fmt.Sprintf("%d of %d uploaded", len(changes.assets), len(manifest.Assets())), nil
}

// putEntries puts the other files that differ, pages last, has the CDN ask for
// them anew, and deletes assets that no release to go back to names.
func (d *deployment) putEntries(ctx context.Context) (string, error) {
	e := d.engine
	bucket, err := d.siteBucket()
	if err != nil {
		return "", err
	}
	distribution, _ := textOutput(d.outputs, outputDistribution)
	put := siteChange{bundle: d.bundle, at: SiteRecord{Bucket: bucket, Distribution: distribution}, reference: d.id + "-entries"}
	put.doubtful = d.doubtful && !d.did(PhaseCode) // which has seen to it
	site, err := e.restoreSite(ctx, put)
	if err != nil {
		return "", err
	}
	site.Assets = d.assets
	if site.Removed, err = e.sweepAssets(ctx, d.bundle, bucket); err != nil { // the site is as it must be
		d.remark(ctx, "old assets of the site could not be deleted: "+short(err))
	}
	d.update(ctx, func(r *Record) { r.Site = &site.SiteRecord })
	return fmt.Sprintf("%d changed", len(site.changed)), nil
}

// restored is a site whose files are a bundle's.
type restored struct {
	SiteRecord
	changed []string // keys that were put or deleted
}

// siteChange says what a site is to become.
type siteChange struct {
	bundle    *Bundle
	at        SiteRecord // where it is
	reference string     // of the invalidation
	// doubtful has the CDN ask for all entries: whoever put some before may not have come
	// to having it ask for them.
	doubtful bool
}

// restoreSite makes the site's files those of a bundle. Entries come after assets,
// pages after other entries.
func (e *Engine) restoreSite(ctx context.Context, put siteChange) (restored, error) {
	bundle, at := put.bundle, put.at
	site := restored{SiteRecord: SiteRecord{Bucket: at.Bucket, Distribution: at.Distribution, Entries: []release.File{}}}
	changes, err := e.compareSite(ctx, at.Bucket, bundle.Manifest)
	if err != nil {
		return site, err
	}
	page := func(key string) bool { return strings.HasSuffix(key, ".html") }
	others := slices.DeleteFunc(slices.Clone(changes.entries), page)
	pages := slices.DeleteFunc(slices.Clone(changes.entries), func(key string) bool { return !page(key) })
	for _, each := range []struct {
		keys    []string
		caching string
	}{{changes.assets, assetCaching}, {others, entryCaching}, {pages, entryCaching}} {
		if err := e.putSite(ctx, bundle, at.Bucket, each.keys, each.caching); err != nil {
			return site, err
		}
	}
	var deleting, asking error
	if len(changes.gone) > 0 {
		deleting = e.Site.DeleteSiteFiles(ctx, at.Bucket, changes.gone)
	}
	site.changed = append(slices.Clone(changes.entries), changes.gone...)
	asked := slices.Clone(site.changed)
	for _, file := range bundle.Manifest.Entries() {
		site.Entries = append(site.Entries, file.File)
		if put.doubtful {
			asked = append(asked, file.Path)
		}
	}
	if len(asked) > 0 && at.Distribution != "" { // what was put is put, whatever else failed
		site.Invalidation, asking = e.Site.Invalidate(ctx, at.Distribution, pathsOf(asked), put.reference)
	}
	return site, errors.Join(deleting, asking)
}

// pathsOf gives the paths by which a CDN knows files; a folder's index is known by
// the folder, too.
func pathsOf(keys []string) []string {
	var paths []string
	for _, key := range keys {
		paths = append(paths, "/"+key)
		if folder, ok := strings.CutSuffix("/"+key, "/index.html"); ok {
			paths = append(paths, folder+"/")
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// putSite uploads files of a bundle, several at a time.
func (e *Engine) putSite(ctx context.Context, bundle *Bundle, bucket string, keys []string, caching string) error {
	files := map[string]release.SiteFile{}
	for _, file := range bundle.Manifest.Site {
		files[file.Path] = file
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(concurrentUploads)
	for _, key := range keys {
		group.Go(func() error {
			body, err := bundle.Read(groupCtx, files[key].SHA256)
			if err != nil {
				return err
			}
			return e.Site.PutSiteFile(groupCtx, bucket, SiteUpload{
				Key: key, Body: body, ContentType: files[key].ContentType, CacheControl: caching, SHA256: files[key].SHA256,
			})
		})
	}
	return group.Wait()
}

// sweepAssets deletes the tool's immutable files that neither this bundle nor one
// of the last releases names, and gives how many.
func (e *Engine) sweepAssets(ctx context.Context, bundle *Bundle, bucket string) (int, error) {
	there, err := e.Site.SiteFiles(ctx, bucket)
	if err != nil {
		return 0, err
	}
	kept := map[string]bool{}
	keep := func(m release.Manifest) {
		for _, file := range m.Site {
			kept[file.Path] = true
		}
	}
	keep(bundle.Manifest)
	earlier, whole, err := e.deployedManifests(ctx, e.Environment.Settings.Rollback.KeepReleases)
	if err != nil || !whole {
		return 0, err // what an unreadable one names must stay
	}
	for _, m := range earlier {
		keep(m)
	}
	var old []string
	for key, object := range there {
		if !kept[key] && object.SHA256 != "" && immutable(key, e.Environment.Settings.Frontend) {
			old = append(old, key)
		}
	}
	slices.Sort(old)
	if len(old) == 0 {
		return 0, nil
	}
	if err := e.Site.DeleteSiteFiles(ctx, bucket, old); err != nil {
		return 0, err
	}
	return len(old), nil
}
