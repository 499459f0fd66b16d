"""The local web app: a server over the verbs of the package, and the page that shows them."""
