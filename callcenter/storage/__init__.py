"""Tables, migrations, the journal and its writer."""
