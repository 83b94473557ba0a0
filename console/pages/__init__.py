"""The pages, a file each; each adds itself to the application that NiceGUI has."""
