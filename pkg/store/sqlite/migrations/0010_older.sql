-- That there are fingerprints of 1.0, see store.FromOlder.
INSERT INTO notes SELECT 'from 1.0', strftime('%Y-%m-%dT%H:%M:%SZ', 'now')
WHERE EXISTS (SELECT 1 FROM fingerprints WHERE hash LIKE 'v1:%')
  OR EXISTS (SELECT 1 FROM variants WHERE fingerprint LIKE 'v1:%');
